"""The road through the phases, on a system that is a function: what is asked of it, in which order, what it means."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from foreshock.errors import ForeshockError, HarnessError, InvalidRun, UsageError
from recorder.exchange import Content, Exchange, Request, Response
from recorder.listen.signal import LogLine
from recorder.recording import RecordingWriter
from replayer.outcome import Answer, Attempt, History, Outcome, fate_of
from replayer.plan import Plan, Step
from scenarios.accepted import Accepted
from scenarios.checks.during import Sighting
from scenarios.execution import Execution
from scenarios.finding import CheckResult, Evidence, Finding, Verdict
from scenarios.findings import read_finding
from scenarios.interrupt import ReaderGone
from scenarios.loading import load_scenario
from scenarios.report.terminal import Terminal
from scenarios.run import Order, Ran, run
from scenarios.runfolder import Run
from scenarios.scenario import Scenario

SCENARIO = """\
version: 1
name: shop
processes:
  peer: {command: [peer], ready: {tcp: "${processes.peer.address}"}}
links:
  peer: {upstream: "${processes.peer.address}"}
target: http://127.0.0.1:2
faults: [{id: peer-stalls, link: peer, kind: stall}]
stop: none
invariants:
  - {name: charged once, http: {get: "http://127.0.0.1:2/"}, expect: status == 200}
  - {name: still open, http: {get: "http://127.0.0.1:2/"}, expect: status == 200}
explore: {executions: 12, instances: 2, faults: [lost_reply]}
"""
CHARGED, OPEN = "charged once", "still open"
BUY = "POST /orders"

Says = Callable[[str, Plan], Verdict]  # a check's verdict on a plan


def nothing_is_wrong(check: str, plan: Plan) -> Verdict:
    return "held"


def kinds(plan: Plan) -> set[str]:
    return {fault.kind for fault in plan.header.faults}


def violated_under(*faults: str, check: str = CHARGED) -> Says:
    return lambda asked, plan: "violated" if asked == check and kinds(plan) & set(faults) else "held"


class System:
    """In the place of `scenarios.system.Pool`: answers every step as recorded; its checks say what `says` has."""

    engine = "embedded 0.1.0"
    width = 2
    restarts = 0
    targets: ClassVar[tuple[str, ...]] = ("http://127.0.0.1:2",)
    sightings: tuple[Sighting, ...] = ()

    def __init__(self, says: Says = nothing_is_wrong, missed: Collection[str] = ()) -> None:
        self.says = says
        self.missed = missed  # faults that hit nothing
        self.plans: list[Plan] = []
        self.opened = 0
        self.on_run: Callable[[int], Any] = lambda nth: None  # told the number of the run, from 1

    @asynccontextmanager
    async def open(self, scenario: Scenario, **_: object) -> AsyncIterator[System]:
        self.opened += 1
        try:
            yield self
        finally:
            self.opened -= 1

    async def run(self, plan: Plan, *, on_outcome: Any = None, **_: object) -> Execution:
        self.plans.append(plan)
        if (waiting := self.on_run(len(self.plans))) is not None:
            await waiting
        await asyncio.sleep(0)
        lost = bool(kinds(plan) - {"slow"})
        outcomes = tuple(_outcome(step, lost and step.route == BUY) for step in plan.steps)
        for outcome in outcomes if on_outcome else ():
            on_outcome(outcome)
        return Execution(
            plan=plan,
            history=History(
                anchor=Anchor(wall_s=0.0, monotonic_s=0.0),
                outcomes=outcomes,
                fault_events=tuple(
                    FaultEvent(t_s=0.0, fault=fault.id, link=fault.link, event="on") for fault in plan.header.faults
                ),
                receipts=tuple(self._receipt(fault.id, plan) for fault in plan.header.faults),
            ),
            results=tuple(_result(check, self.says(check, plan)) for check in (CHARGED, OPEN)),
            instance=1,
            started_s=1.0,
            ended_s=2.0,
            replay_started_s=1.0,
            log_lines=(LogLine(t_s=1.0, source="peer", level="WARN", template="slow <*>"),) if kinds(plan) else (),
        )

    def _receipt(self, fault: str, plan: Plan) -> Receipt:
        steps = tuple(step.id for step in plan.steps if step.route == BUY)
        if fault in self.missed:
            why = "no traffic on link peer while it was on"
            return Receipt(fault=fault, link="peer", offered=9, activations=1, detail=why)
        return Receipt(fault=fault, link="peer", activations=1, hit=True, steps=steps)


def _result(check: str, verdict: Verdict) -> CheckResult:
    return CheckResult(check=check, verdict=verdict, evaluated=1, message=f"status == 200 is {verdict}")


def _outcome(step: Step, lost: bool) -> Outcome:
    status, error = (None, "timeout") if lost else (201 if step.route == BUY else 200, None)
    return Outcome(
        step=step.id,
        session=step.session,
        route=step.route,
        due_s=step.due_s,
        ready_s=step.due_s,
        sent_s=step.due_s,
        ended_s=step.due_s + 0.5,
        attempts=(Attempt(sent_s=step.due_s, ended_s=step.due_s + 0.5, status=status, error=error),),
        answer=Answer(status=status) if status else None,
        fate=fate_of(status, error),
        recorded_status=step.recorded.status if step.recorded else None,
    )


def exchange(number: int, session: str, method: str, url: str, status: int) -> Exchange:
    body = Content.of(b"")
    return Exchange(
        id=f"x{number}",
        session=session,
        connection=session,
        started_s=number / 10,
        request_ended_s=number / 10,
        ended_s=number / 10 + 0.01,
        request=Request(method=method, url=url, http_version="HTTP/1.1", headers=(), post_data=body),
        response=Response(status=status, status_text="", http_version="HTTP/1.1", headers=(), content=body),
    )


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three customers that look and buy."""
    with RecordingWriter(tmp_path / "shop.rec", upstream="http://shop.example") as writer:
        for number in range(3):
            writer.write(exchange(2 * number, f"c{number}", "GET", "/items", 200))
            writer.write(exchange(2 * number + 1, f"c{number}", "POST", "/orders", 201))
    return tmp_path / "shop.rec"


class Road:
    """A run to be walked; `said` is what the terminal showed, `folder` what it left."""

    def __init__(self, scenario: Scenario, recording: Path, runs: Path) -> None:
        self.scenario = scenario
        self.recording = recording
        self.runs = runs
        self.resume: tuple[Finding, ...] = ()
        self.accepted: tuple[Accepted, ...] = ()
        self.stream = io.StringIO()

    async def walk(self, executions: int | None = None) -> Ran:
        order = Order(
            scenario=self.scenario,
            recording=self.recording,
            seed=1,
            choice="embedded",
            runs=self.runs,
            command="foreshock run shop.yaml",
            executions=executions,
            resume=self.resume,
            accepted=self.accepted,
        )
        return await run(order, Terminal.on(self.stream))

    @property
    def said(self) -> list[str]:
        return [" ".join(line.split()) for line in self.stream.getvalue().splitlines()]

    @property
    def folder(self) -> Run:
        (path,) = self.runs.iterdir()
        return Run.open(path)


@pytest.fixture
def road(tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Road]:
    def lay(system: System, text: str = SCENARIO) -> Road:
        monkeypatch.setattr("scenarios.run.Pool", system)
        (tmp_path / "shop.yaml").write_text(text)
        return Road(load_scenario(tmp_path / "shop.yaml", {}), recording, tmp_path / "runs")

    return lay


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield


def test_where_everything_holds_the_run_passes_and_has_done_all_that_was_asked(road: Callable[..., Road]) -> None:
    system = System()
    walked = road(system)
    ran = asyncio.run(walked.walk())
    assert (ran.record.result, ran.findings) == ("passed", ())
    assert [phase.name for phase in ran.record.phases] == ["calm", "shake", "explore"]
    assert ran.record.search is not None
    assert ran.record.search.executions == 12
    assert len(system.plans) == 14
    assert system.opened == 0
    assert walked.folder.record == ran.record
    assert {path.name for path in walked.folder.path.iterdir()} >= {"run.json", "report.html", "junit.xml"}
    assert walked.said[-3].startswith("PASSED every check held, calm, shaken and in every plan of the search")
    assert walked.said[-1] == "again foreshock run shop.yaml"


def test_the_calm_replay_is_the_recording_and_the_shaken_one_the_same_under_the_scenarios_faults(
    road: Callable[..., Road],
) -> None:
    system = System()
    asyncio.run(road(system).walk())
    calm, shaken = system.plans[:2]
    assert [step.route for step in calm.steps] == ["GET /items", "POST /orders"] * 3
    assert shaken.steps == calm.steps
    assert (calm.header.faults, [fault.id for fault in shaken.header.faults]) == ((), ["peer-stalls"])


def test_every_plan_retries_as_the_scenario_says(road: Callable[..., Road]) -> None:
    system = System()
    asyncio.run(road(system, SCENARIO + "retry: {backoff: fixed}\n").walk())
    assert len(system.plans) > 2
    assert {plan.header.retry.backoff for plan in system.plans} == {"fixed"}
    assert {plan.header.budget.late_p99_s for plan in system.plans} == {0.25}


def test_the_folder_holds_outcomes_faults_and_signals_of_both_replays(road: Callable[..., Road]) -> None:
    walked = road(System())
    asyncio.run(walked.walk(executions=1))
    run = walked.folder
    assert [seen.phase for seen in run.outcomes()] == ["calm"] * 6 + ["shake"] * 6
    assert {line.phase for line in run.faults()} == {"shake"}
    assert [(line.phase, line.log.template) for line in run.signals() if line.log] == [("shake", "slow <*>")]
    assert run.tears == []


def test_a_calm_replay_that_breaks_a_check_ends_the_road(road: Callable[..., Road]) -> None:
    system = System(lambda check, plan: "violated" if check == OPEN else "held")
    walked = road(system)
    ran = asyncio.run(walked.walk())
    assert len(system.plans) == 6  # once, and five times more to see whether it comes back
    assert [(finding.check, finding.phase) for finding in ran.findings] == [(OPEN, "calm")]
    assert [(finding.evidence.fails, finding.evidence.of) for finding in ran.findings if finding.evidence] == [(5, 5)]
    assert (ran.record.result, ran.record.search) == ("findings", None)
    assert ran.record.reason == "found 1 state that should never have been possible"


def test_what_only_the_shaken_replay_breaks_is_found_there_with_its_lead_time(road: Callable[..., Road]) -> None:
    ran = asyncio.run(road(System(violated_under("stall"))).walk())
    (finding,) = ran.findings
    assert (finding.phase, finding.hits) == ("shake", 6)
    assert finding.evidence is not None
    assert finding.evidence == Evidence(
        fails=5, of=5, control_fails=0, control_of=5, p_value=1 / 252, low=finding.evidence.low, told_apart=True
    )
    assert finding.lead is not None
    assert finding.lead.seen_in == "the shaken replay"


def test_what_does_not_come_back_is_kept_as_seen_once_and_makes_no_finding(road: Callable[..., Road]) -> None:
    seen: list[Plan] = []

    def only_once(check: str, plan: Plan) -> Verdict:
        if check != OPEN:
            return "held"
        seen.append(plan)
        return "violated" if len(seen) == 1 else "held"

    ran = asyncio.run(road(System(only_once)).walk())
    assert [(found.check, found.evidence.fails) for found in ran.findings if found.evidence] == [(OPEN, 0)]
    assert ran.record.result == "invalid"
    assert ran.record.reason.endswith("was violated once and not again in 5 runs of its plan: kept as seen once")


def test_what_the_search_finds_is_minimised_and_written_as_a_file_that_reads_back(road: Callable[..., Road]) -> None:
    walked = road(System(violated_under("lost_reply")))
    ran = asyncio.run(walked.walk())
    (finding,) = ran.findings
    assert finding.phase == "explore"
    assert [step.route for step in finding.plan.steps] == [BUY]
    assert finding.evidence is not None
    assert (finding.evidence.fails, finding.evidence.control_fails) == (5, 0)
    assert finding.scenario == "shop.yaml"  # as seen from where the run was made
    assert read_finding(walked.folder.finding_file(finding.key)) == finding
    assert ran.record.search is not None
    assert ran.record.search.minimising > 0
    assert ran.record.search.evidence > 0


def test_a_check_that_breaks_in_both_is_one_finding_with_the_shaken_replays_lead_time(
    road: Callable[..., Road],
) -> None:
    searched = asyncio.run(road(System(violated_under("lost_reply"))).walk()).findings[0]
    (finding,) = asyncio.run(road(System(violated_under("lost_reply", "stall"))).walk()).findings
    assert finding.key == searched.key
    assert finding.hits == searched.hits + 1
    assert finding.lead is not None
    assert finding.lead.seen_in == "the shaken replay"
    assert finding.evidence is not None


def test_a_broken_and_a_sound_system_get_as_many_plans(road: Callable[..., Road]) -> None:
    broken = asyncio.run(road(System(violated_under("lost_reply"))).walk()).record.search
    sound = asyncio.run(road(System()).walk()).record.search
    assert broken is not None
    assert sound is not None
    assert broken.executions == sound.executions
    assert broken.coverage == sound.coverage


def test_a_fault_that_hit_nothing_makes_the_run_invalid_and_is_named(road: Callable[..., Road]) -> None:
    ran = asyncio.run(road(System(missed={"peer-stalls"})).walk())
    assert ran.record.result == "invalid"
    assert ran.record.reason == (
        "fault peer-stalls hit nothing: no traffic on link peer while it was on; "
        "the link carried 9 connections at other times: mend its place in the run"
    )


@pytest.mark.parametrize(("which", "phase"), [(0, "calm"), (1, "shake")])
def test_a_check_that_could_not_say_makes_the_run_invalid(road: Callable[..., Road], which: int, phase: str) -> None:
    system = System()
    system.says = lambda check, plan: "unknown" if check == OPEN and len(system.plans) == which + 1 else "held"
    ran = asyncio.run(road(system).walk())
    assert ran.record.result == "invalid"
    assert ran.record.reason == f"check 'still open' could not say after the {phase} replay: status == 200 is unknown"


def test_a_search_none_of_whose_plans_could_be_judged_makes_the_run_invalid(road: Callable[..., Road]) -> None:
    system = System()
    system.says = lambda check, plan: "unknown" if check == OPEN and len(system.plans) > 2 else "held"
    ran = asyncio.run(road(system).walk())
    assert ran.record.result == "invalid"
    assert ran.record.reason == "no plan of the search could be judged: some check was unknown after every one"


def test_a_search_that_had_no_time_for_a_single_plan_makes_the_run_invalid(road: Callable[..., Road]) -> None:
    ran = asyncio.run(road(System(), SCENARIO.replace("executions: 12", "executions: 12, for: 0s")).walk())
    assert ran.record.result == "invalid"
    assert ran.record.reason == "the search ran no plan before its time was over: raise explore.for"


def test_several_doubts_are_counted_and_findings_come_first(road: Callable[..., Road]) -> None:
    doubtful: Says = lambda check, plan: "unknown" if check == OPEN else "held"  # noqa: E731
    invalid = asyncio.run(road(System(doubtful)).walk(executions=1)).record
    assert invalid.reason.endswith("status == 200 is unknown (and 2 more)")
    found = asyncio.run(road(System(violated_under("stall"), missed={"peer-stalls"})).walk(executions=1)).record
    assert found.result == "findings"
    assert "found 1 state that should never have been possible; besides, fault peer-stalls hit nothing" in found.reason


def test_the_orders_executions_replace_the_scenarios_and_none_are_no_search(road: Callable[..., Road]) -> None:
    asked = asyncio.run(road(System()).walk(executions=3)).record.search
    assert asked is not None
    assert asked.executions == 3
    unsearched = SCENARIO.replace("executions: 12", "executions: 0").replace("faults: [{id", "# faults: [{id")
    ran = asyncio.run(road(System(), unsearched).walk())
    assert (ran.record.result, ran.record.search, [phase.name for phase in ran.record.phases]) == (
        "passed",
        None,
        ["calm"],
    )


def test_the_system_that_was_recorded_is_sent_nothing(road: Callable[..., Road]) -> None:
    system = System()
    system.targets = ("http://127.0.0.1:2", "http://shop.example/api")  # type: ignore[misc]
    with pytest.raises(UsageError, match=r"target=http://shop\.example/api: it is the system that was recorded"):
        asyncio.run(road(system).walk())
    assert (system.plans, system.opened) == ([], 0)


def test_what_a_torn_recording_lacks_is_said(road: Callable[..., Road]) -> None:
    walked = road(System())
    (segment,) = walked.recording.glob("*.zst")
    segment.write_bytes(segment.read_bytes() + b"\x28\xb5\x2f\xfd")
    asyncio.run(walked.walk(executions=1))
    assert any(
        line.startswith("torn exchanges-00001.jsonl.zst is cut off in the frame at byte") for line in walked.said
    )


def cancelled(walked: Road, system: System, nth: int) -> None:
    """Walks until the nth plan is under way, and is cancelled then."""

    async def walk() -> None:
        going = asyncio.ensure_future(walked.walk())
        reached = asyncio.Event()

        def on_run(number: int) -> Any:
            if number == nth:
                reached.set()
            return asyncio.Event().wait() if number >= nth else None

        system.on_run = on_run
        await reached.wait()
        going.cancel()
        await going

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(walk())
    assert system.opened == 0


@pytest.mark.parametrize("nth", [1, 2, 5])
def test_a_run_that_is_cancelled_in_any_phase_leaves_a_folder_that_reads(road: Callable[..., Road], nth: int) -> None:
    system = System()
    walked = road(system)
    cancelled(walked, system, nth)
    record = walked.folder.record
    assert (record.result, record.reason) == ("interrupted", "it was stopped before its end")
    assert [phase.name for phase in record.phases] == ["calm", "shake"][: min(nth, 3) - 1]
    assert walked.said.count(f"kept foreshock report {walked.folder.path}") == (nth > 1)


def test_a_search_and_what_it_caught_are_kept_when_its_minimising_is_cancelled(road: Callable[..., Road]) -> None:
    system = System(violated_under("lost_reply"))
    walked = road(system)
    cancelled(walked, system, 2 + 12 + 1)
    search = walked.folder.record.search
    assert search is not None
    assert 1 < search.executions < 12  # the instances were shared
    assert 1 < search.minimising < 12
    assert [(finding.phase, finding.evidence, finding.finished) for finding in walked.folder.findings] == [
        ("explore", None, False)
    ]


def test_a_failure_of_ours_is_raised_and_stands_in_the_record(road: Callable[..., Road]) -> None:
    async def fail() -> None:
        raise HarnessError("reset: POST http://127.0.0.1:2/__reset answered 500, expected 2xx")

    system = System()
    system.on_run = lambda nth: fail() if nth == 2 else None
    walked = road(system)
    with pytest.raises(HarnessError, match="answered 500"):
        asyncio.run(walked.walk())
    assert system.opened == 0
    assert walked.folder.record.result == "invalid"
    assert walked.folder.record.reason.startswith("reset: POST")
    assert [phase.name for phase in walked.folder.record.phases] == ["calm"]


def test_a_reader_that_has_gone_ends_the_run_in_order(
    road: Callable[..., Road], monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System()
    walked = road(system)

    def nobody(*_: object) -> None:
        raise ReaderGone

    monkeypatch.setattr(Terminal, "phase", nobody)
    with pytest.raises(ReaderGone):
        asyncio.run(walked.walk())
    assert system.opened == 0
    assert walked.folder.record.reason == "nobody read its output any more"


@pytest.mark.parametrize(
    ("break_it", "error", "problem"),
    [
        (lambda path: path.rename(path.with_name("gone")), UsageError, "shop.rec does not exist"),
        (lambda path: next(path.glob("*.zst")).unlink(), InvalidRun, "holds no exchanges"),
    ],
)
def test_without_a_recording_nothing_is_started_and_no_folder_is_left(
    road: Callable[..., Road], break_it: Callable[[Path], None], error: type[ForeshockError], problem: str
) -> None:
    system = System()
    walked = road(system)
    break_it(walked.recording)
    with pytest.raises(error, match=problem):
        asyncio.run(walked.walk())
    assert system.plans == []
    assert not walked.runs.exists()


def test_what_an_error_repeats_of_the_system_reaches_the_disk_redacted(road: Callable[..., Road]) -> None:
    async def fail() -> None:
        raise HarnessError("reset: it answered to ada.lovelace@example.org")

    system = System()
    system.on_run = lambda nth: fail()
    walked = road(system)
    with pytest.raises(HarnessError):
        asyncio.run(walked.walk())
    assert b"lovelace" not in (walked.folder.path / "run.json").read_bytes()


def test_a_sometimes_that_never_was_makes_the_run_say_nothing(road: Callable[..., Road]) -> None:
    system = System()
    system.sightings = (Sighting(check="sold out", asked="json.stock == 0", judged=9, last="it did not hold on 3"),)
    ran = asyncio.run(road(system).walk())
    assert ran.record.result == "invalid"
    assert ran.record.reason.startswith("check 'sold out': json.stock == 0 was never true, at none of 9 reads")


def test_a_stopped_run_is_resumed_from_the_smallest_plan_that_it_left(road: Callable[..., Road]) -> None:
    system = System(violated_under("lost_reply"))
    walked = road(system)
    cancelled(walked, system, 2 + 12 + 1)
    (left,) = walked.folder.findings
    assert not left.finished
    again = System(violated_under("lost_reply"))
    resumed = road(again)
    resumed.runs = resumed.runs.with_name("resumed")
    resumed.resume = (left,)
    ran = asyncio.run(resumed.walk())
    (finding,) = ran.findings
    assert (finding.check, finding.finished, [step.route for step in finding.plan.steps]) == (CHARGED, True, [BUY])
    assert [phase.name for phase in ran.record.phases] == ["calm", "explore"]  # neither shaken nor searched again
    assert ran.record.search is None
    assert ran.record.result == "findings"


def test_an_accepted_finding_is_told_and_fails_no_run(road: Callable[..., Road]) -> None:
    (found,) = asyncio.run(road(System(violated_under("lost_reply"))).walk()).findings
    walked = road(System(violated_under("lost_reply")))
    walked.accepted = (Accepted(key=found.key, reason="known: #12", until="9999-12-31"),)
    ran = asyncio.run(walked.walk())
    assert (ran.record.result, ran.record.findings) == ("passed", (found.key,))
    assert ran.record.reason.startswith('nothing was found but 1 accepted state ("charged once" was violated')
    assert any(line.startswith(f"accepted {found.key}: accepted until 9999-12-31") for line in walked.said)


def test_an_accepted_finding_whose_day_is_over_counts_again(road: Callable[..., Road]) -> None:
    (found,) = asyncio.run(road(System(violated_under("lost_reply"))).walk()).findings
    walked = road(System(violated_under("lost_reply")))
    walked.accepted = (Accepted(key=found.key, reason="known: #12", until="2020-12-31"),)
    record = asyncio.run(walked.walk()).record
    assert record.result == "findings"
    assert f"{found.key} was accepted until 2020-12-31 and counts again" in record.reason


def test_without_any_check_and_any_search_nothing_can_be_said(road: Callable[..., Road]) -> None:
    nothing = SCENARIO[: SCENARIO.index("invariants:")] + "explore: {executions: 0}\n"
    record = asyncio.run(road(System(), nothing).walk()).record
    assert record.result == "invalid"
    assert record.reason.startswith("no check is declared (invariants, states, checks), and no search ran")


def test_a_machine_of_routes_that_are_not_in_the_recording_is_refused(road: Callable[..., Road]) -> None:
    machine = "states:\n  - {name: m, seen: [{route: GET /item, field: $.s}], initial: [a], terminal: [a]}\n"
    with pytest.raises(UsageError, match=r"states\[0\] \(m\): no request of the recording is 'GET /item'"):
        asyncio.run(road(System(), SCENARIO + machine).walk())
