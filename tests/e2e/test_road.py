"""The whole road on a service that nobody here knows: recorded, run, found, reproduced; and on its sound twin."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scenarios.finding import Finding
from scenarios.findings import read_finding
from scenarios.ports import free_ports
from scenarios.runfolder import Run

pytestmark = pytest.mark.e2e

TWICE = "no ticket is printed twice"


class Walked(NamedTuple):
    """A road to its end: the site it was walked at, how the command ended, and the folder it left."""

    site: Any
    ended: Any
    run: Run

    @property
    def finding(self) -> tuple[Path, Finding]:
        (path,) = (self.run.path / "findings").iterdir()
        return path, read_finding(path)


class Twins(NamedTuple):
    engine: str
    buggy: Walked
    sound: Walked


@pytest.fixture(scope="module", params=["embedded", pytest.param("toxiproxy", marks=pytest.mark.toxiproxy)])
def twins(request: pytest.FixtureRequest, sites: Callable[[], Any]) -> Twins:
    """Both walked side by side, on each engine."""
    laid = [sites(), sites()]
    for site in laid:
        site.write()
    going = [
        site.start("run", "booth.yaml", "--engine", request.param, SOUND=sound)
        for site, sound in zip(laid, "01", strict=True)
    ]
    walked = [Walked(site, run.end(), Run.open(site.run_folder)) for site, run in zip(laid, going, strict=True)]
    return Twins(request.param, *walked)


def test_the_bug_is_found_and_the_finding_is_the_smallest_that_shows_it(twins: Twins) -> None:
    assert twins.buggy.ended.code == 1, twins.buggy.ended
    assert twins.buggy.ended.err == ""
    _, finding = twins.buggy.finding
    assert (finding.check, finding.phase, finding.scenario) == (TWICE, "explore", "booth.yaml")
    assert [step.route for step in finding.plan.steps] == ["POST /visitors", "POST /tickets"]
    assert [(fault.link, fault.kind) for fault in finding.plan.header.faults] == [("printer", "lost_reply")]
    assert finding.evidence is not None
    assert (finding.evidence.fails, finding.evidence.control_fails) == (finding.evidence.of, 0)
    assert finding.evidence.p_value < 0.01


def test_the_sound_twin_passes_after_as_many_executions_of_the_same_coverage(twins: Twins) -> None:
    assert twins.sound.ended.code == 0, twins.sound.ended
    assert twins.sound.run.findings == ()
    buggy, sound = twins.buggy.run.record.search, twins.sound.run.record.search
    assert buggy is not None
    assert sound is not None
    assert sound.executions == buggy.executions == 16
    covered, also = ({(one.route, one.link, one.kind) for one in search.coverage} for search in (sound, buggy))
    assert covered == also  # how often each was hit depends on what else the two do meanwhile
    assert ("POST /tickets", "printer", "lost_reply") in covered


def test_the_calm_replay_is_answered_as_recorded_and_the_fault_of_the_shaken_one_hit(twins: Twins) -> None:
    for walked in (twins.buggy, twins.sound):
        calm, shake, explore = walked.run.record.phases
        assert (calm.name, shake.name, explore.name) == ("calm", "shake", "explore")
        assert (calm.sent, calm.same_status, calm.not_sent) == (24, 24, 0)
        assert [(receipt.fault, receipt.hit) for receipt in shake.receipts] == [("printer-slow", True)]
        assert walked.run.record.engine.startswith(twins.engine)


def test_the_reports_lie_in_the_folder_and_can_be_made_again_from_it(twins: Twins) -> None:
    for walked, failures in ((twins.buggy, 1), (twins.sound, 0)):
        folder = walked.run.path
        assert (folder / "junit.xml").read_text().count("<failure") == failures
        assert (folder / "report.html").stat().st_size > 10_000
    page = (twins.buggy.run.path / "report.html").read_bytes()
    (twins.buggy.run.path / "report.html").unlink()
    name = f"runs/{twins.buggy.run.path.name}"
    assert twins.buggy.site.run("report", name) == (0, f"{name}/report.html\n", "")
    assert (twins.buggy.run.path / "report.html").read_bytes() == page


def test_the_finding_comes_back_and_on_the_sound_twin_it_does_not(twins: Twins) -> None:
    path, finding = twins.buggy.finding
    arguments = ["reproduce", str(path), "--times", "2", "--engine", twins.engine]
    again = [twins.buggy.site.start(*arguments, SOUND=sound) for sound in "01"]
    came_back, held = (run.end() for run in again)
    assert (came_back.code, came_back.err) == (1, "")
    odds = "came back in 2 of 2 runs, its control in 0 of 2 (p = 0.167)"
    assert came_back.out.splitlines()[-1] == f"{odds}: {finding.title}"
    assert (held.code, held.err) == (0, "")
    never = "did not come back in any of 2 runs, its control in 0 of 2"
    assert held.out.splitlines()[-1] == f"{never}: {finding.title}"


ELSEWHERE = """\
version: 1
name: booth-elsewhere
target: http://127.0.0.1:1
links:
  printer: {upstream: "PRINTER", listen: "LISTEN"}
reset: [{post: "http://PRINTER/__reset"}]
invariants:
  - {name: no ticket is printed twice, http: {get: "http://PRINTER/twice"}, expect: size(json) == 0, within: 50ms}
"""


@pytest.mark.parametrize("twins", ["embedded"], indirect=True)
@pytest.mark.parametrize(("sound", "code"), [("0", 1), ("1", 0)])
def test_the_finding_comes_back_on_a_system_that_others_run(
    twins: Twins, booth: Callable[..., AbstractContextManager[Any]], tmp_path: Path, sound: str, code: int
) -> None:
    """It is pointed at the fixed listen address of the link; of it, only addresses are known."""
    path, _ = twins.buggy.finding
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    with booth(tmp_path, f"http://{listen}", SOUND=sound) as running:
        printer = running.printer.removeprefix("http://")
        twins.buggy.site.write("elsewhere.yaml", ("PRINTER", printer), ("LISTEN", listen), text=ELSEWHERE)
        arguments = ["--scenario", "elsewhere.yaml", "--target", running.url, "--times", "1", "--engine", "embedded"]
        ended = twins.buggy.site.run("reproduce", str(path), *arguments)
    assert (ended.code, ended.err) == (code, ""), ended


def test_a_fault_that_can_hit_nothing_makes_the_run_say_nothing_and_is_named(site: Any) -> None:
    site.write(
        "booth.yaml",
        ("links:\n", 'links:\n  archive: {upstream: "${processes.printer.address}"}\n'),
        ("{id: printer-slow, link: printer,", "{id: archive-slow, link: archive,"),
        ("executions: 16", "executions: 0"),
    )
    ended = site.run("run", "booth.yaml", "--engine", "embedded", SOUND="1")
    assert (ended.code, ended.err) == (3, "")
    assert "INVALID  fault archive-slow hit nothing" in ended.out


def test_a_system_that_is_not_the_recorded_one_says_nothing_about_it(site: Any) -> None:
    site.write("booth.yaml", ('target: "${processes.booth.url}"', 'target: "${processes.printer.url}"'))
    ended = site.run("run", "booth.yaml", "--engine", "embedded")
    assert ended.code == 3
    assert ended.err.startswith("foreshock: calm: 0 of 24 requests had the recorded status (GET /shows: 200 recorded,")
    assert "this is not the system that was recorded" in ended.err
    assert Run.open(site.run_folder).record.result == "invalid"
