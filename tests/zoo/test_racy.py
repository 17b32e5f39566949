"""The race of known odds is one: always at 1, never at 0, never when mended; and its proof judges as it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from scenarios.explore.odds import interval

ZOO = Path(__file__).parent
FOLDER = ZOO / "racy"
_BODY = {"plate": "X-100-xd", "hours": 1}

sys.path.insert(0, str(ZOO))
try:
    from kit.system import System, started
    from prove.racy import Raced, prove
    from prove.result import Found, One
    from prove.wilson import wilson
finally:
    sys.path.remove(str(ZOO))


def in_one_bay(system: System, bay: int) -> list[int]:
    """The statuses of two purchases together, lowest first."""

    def buy() -> int:
        return system.send("POST", f"/bays/{bay}/tickets", _BODY).status

    return sorted(system.together(buy, buy))


@pytest.mark.parametrize(("odds", "fixed", "races"), [("1", False, True), ("0", False, False), ("1", True, False)])
def test_two_purchases_get_one_bay_as_often_as_was_set(
    odds: str, fixed: bool, races: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_ODDS", odds)
    with started(FOLDER, fixed=fixed) as system:
        seen = [in_one_bay(system, bay) for bay in range(1, 21)]
    assert ([201, 201] in seen) == races  # of twenty pairs one at least arrives together, however busy the machine


def test_the_clients_of_the_garage_are_served_as_they_should_be() -> None:
    with started(FOLDER, fixed=False) as system:
        command = [sys.executable, "-P", "traffic.py", "--target", system.url, "--seconds", "1"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr


def test_the_proof_and_the_search_mean_the_same_interval() -> None:
    for fails, of in ((0, 20), (3, 80), (40, 80), (20, 20)):
        assert wilson(fails, of, 1.959964) == pytest.approx(interval(fails, of), abs=1e-6)
    assert wilson(0, 0, 1.96) == (0.0, 1.0)


def found(steps: int, fails: int, of: int, faults: tuple[str, ...] = ()) -> Found:
    return Found(
        key="k",
        check="serial equivalence: POST /bays/{id}/tickets",
        message="",
        phase="explore",
        hint=False,
        routes=("POST /bays/{id}/tickets",) * steps,
        steps=steps,
        faults=faults,
        fails=fails,
        of=of,
        control_fails=0,
        control_of=of,
    )


def test_a_search_counts_when_it_came_to_the_two_purchases_alone_and_stated_odds_that_hold() -> None:
    raced = Raced(odds=0.2, seed=1, one=One(), best=found(2, 17, 80))
    assert raced.minimal and raced.holds
    assert not msgspec.structs.replace(raced, best=found(3, 17, 80)).minimal
    assert not msgspec.structs.replace(raced, best=found(2, 17, 80, ("slow",))).minimal
    wide = msgspec.structs.replace(raced, best=found(2, 60, 80))
    assert wide.minimal and not wide.holds
    assert not msgspec.structs.replace(raced, best=None).minimal


@pytest.mark.parametrize(("missed", "met"), [(1, True), (2, False)])
def test_nine_of_ten_searches_of_each_race_have_to_find_it(
    missed: int, met: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def search(folder: Path, seed: int) -> One:
        odds = float(folder.name.split("-")[1])
        if odds == 0.05 and seed <= missed:
            return One(trouble="nothing found")
        return One(found=(found(2, round(200 * odds), 200),))

    monkeypatch.setenv("ZOO_ODDS", "0.2")  # set back at the end
    monkeypatch.setenv("ZOO_SEED", "1")
    assert prove(search, tmp_path) is met
    said = capsys.readouterr().out
    assert f"odds 5%: the two purchases alone in {10 - missed} of 10 searches" in said
    assert ("NOT MET" in said) is not met
    assert (tmp_path / "racy.json").exists()
