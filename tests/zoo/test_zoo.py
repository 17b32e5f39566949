"""Each case of the zoo is whole: its files can be read, its clients are served, its defect is real, and mended.

Cases are tried a few at a time, once for all tests: nearly all of it is waiting.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from scenarios.loading import load_scenario

ZOO = Path(__file__).parent
NAMES = sorted(file.parent.name for file in ZOO.glob("*/case.yaml"))
_AT_ONCE = 4
_MOST_S = 90  # beyond which something hangs

sys.path.insert(0, str(ZOO))
try:
    from kit.system import started
    from prove.case import Case, is_about, read
finally:
    sys.path.remove(str(ZOO))


@pytest.fixture(scope="module")
def tried() -> dict[tuple[str, str], Future[str]]:
    """What came of each case's 'planted' and 'fixed' twin under its clients, and of what is 'shown': '' is well."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return {
            (name, what): threads.submit(_tried, name, what) for name in NAMES for what in ("planted", "fixed", "shown")
        }


def _tried(name: str, what: str) -> str:
    if what == "shown":
        return _python(name, "shown.py")
    with started(ZOO / name, fixed=what == "fixed", patient=True) as system:
        system.reset()
        return _python(name, "traffic.py", "--target", system.url, "--seconds", "1")


def _python(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", *arguments], cwd=ZOO / name, capture_output=True, text=True, timeout=_MOST_S
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_is_planted_and_its_scenario_declares_nothing(name: str) -> None:
    case = read(ZOO / name / "case.yaml")
    assert case.defect.endswith(".") and case.why.endswith(".")
    assert case.minimum.steps >= 1 and case.minimum.faults >= 0
    assert case.routes and all(" /" in route for route in case.routes)
    scenario = load_scenario(ZOO / name / "scenario.yaml", {})
    assert not scenario.invariants and not scenario.faults
    assert scenario.reset and scenario.instances == 2


@pytest.mark.parametrize("twin", ["planted", "fixed"])
@pytest.mark.parametrize("name", NAMES)
def test_every_client_is_served_as_it_should_be(
    name: str, twin: str, tried: dict[tuple[str, str], Future[str]]
) -> None:
    assert tried[name, twin].result() == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_defect_shows_in_the_planted_service_and_not_in_the_fixed_one(
    name: str, tried: dict[tuple[str, str], Future[str]]
) -> None:
    assert tried[name, "shown"].result() == ""


def test_nothing_of_foreshock_knows_the_zoo() -> None:
    rooms = ("foreshock", "recorder", "faults", "replayer", "scenarios")
    sources = (file for room in rooms for file in (ZOO.parents[1] / room).rglob("*.py"))
    assert not [file for file in sources if "tests.zoo" in file.read_text() or "tests/zoo" in file.read_text()]


def test_a_scenario_starts_nothing_but_its_own_folder() -> None:
    for name in NAMES:
        processes = yaml.safe_load((ZOO / name / "scenario.yaml").read_text())["processes"]
        words = {word for each in processes.values() for word in each["command"]}
        files = [word for word in words if word.endswith((".py", ".js"))]
        assert files and all((ZOO / name / file).is_file() for file in files), name


def test_a_finding_is_about_a_case_whatever_its_parameters_are_called() -> None:
    case = read(ZOO / "boxoffice" / "case.yaml")
    assert isinstance(case, Case)
    assert is_about(case, "POST /shows/{show}/bookings")
    assert is_about(case, "POST /shows/studio-a/bookings")
    assert not is_about(case, "POST /shows/studio-a/bookings/{id}")
    assert not is_about(case, "GET /shows/{show}/bookings")
