from collections.abc import Callable

import msgspec
import pytest

from faults.fault import FaultEvent
from scenarios.finding import Finding
from scenarios.report.timeline import Bands, Chart, charts
from scenarios.runlines import FaultLine, Seen
from scenarios.runrecord import Phase, RunRecord

Findings = tuple[Finding, ...]
MakeRecord = Callable[..., RunRecord]


def seen(t_s: float, phase: str = "shake", *, broke: bool = False) -> Seen:
    return Seen(
        phase=phase,
        step="a",
        session="s",
        route="GET /",
        due_s=t_s,
        sent_s=t_s,
        ended_s=t_s + 0.1,
        fate="unknown" if broke else "ok",
        error="timeout" if broke else None,
    )


def line(t_s: float, event: str, fault: str = "f1", link: str = "payments", execution: int = 0) -> FaultLine:
    happened = FaultEvent(t_s=t_s, fault=fault, link=link, event=event)
    return FaultLine(phase="shake", execution=execution, event=happened)


@pytest.fixture
def shaken(a_record: MakeRecord) -> RunRecord:
    """A record of a shaken replay alone, from 0 s to 12 s: its bins are 0.1 s long."""
    phase = Phase(name="shake", started_s=0.0, ended_s=12.0, replay_started_s=0.5)
    return msgspec.structs.replace(a_record(), phases=(phase,))


def only(found: tuple[Chart, ...]) -> Chart:
    assert len(found) == 1
    return found[0]


def test_requests_and_failures_are_counted_a_second_in_the_bins_they_fall_into(shaken: RunRecord) -> None:
    chart = only(charts(shaken, [seen(0.0), seen(0.05), seen(6.05, broke=True)], [], ()))
    assert chart.load[0] == pytest.approx(20.0)
    assert chart.load[60] == pytest.approx(10.0)
    assert chart.failures[61] == pytest.approx(10.0)
    assert sum(chart.load) == pytest.approx(30.0)


def test_what_lies_outside_the_chart_is_not_counted(shaken: RunRecord) -> None:
    assert sum(only(charts(shaken, [seen(12.5), seen(-1.0)], [], ())).load) == 0


def test_a_window_lasts_from_on_to_off_and_to_the_end_where_off_was_never_seen(shaken: RunRecord) -> None:
    lines = [line(1.0, "on"), line(2.0, "off"), line(3.0, "on"), line(5.0, "on", "f2")]
    chart = only(charts(shaken, [], lines, ()))
    assert chart.bands == (Bands("f1", ((1.0, 2.0), (3.0, 12.0))), Bands("f2", ((5.0, 12.0),)))


def test_the_times_of_a_repeated_fault_are_one_band(shaken: RunRecord) -> None:
    lines = [
        line(1.0, "on", "slow#1"),
        line(2.0, "off", "slow#1"),
        line(3.0, "on", "slow#2"),
        line(4.0, "off", "slow#2"),
    ]
    assert only(charts(shaken, [], lines, ())).bands == (Bands("slow", ((1.0, 2.0), (3.0, 4.0))),)


def test_a_fault_that_failed_to_go_on_has_no_window(shaken: RunRecord) -> None:
    assert only(charts(shaken, [], [line(1.0, "failed"), line(2.0, "off")], ())).bands == ()


def test_in_the_whole_run_windows_are_merged_by_link_whatever_the_instance(a_record: MakeRecord) -> None:
    lines = [
        line(30.0, "on", "x", "payments@1", 1),
        line(30.5, "on", "y", "payments@2", 2),
        line(31.0, "off", "x", "payments@1", 1),
        line(32.0, "off", "y", "payments@2", 2),
    ]
    whole, closer = charts(a_record(), [], lines, ())
    assert whole.bands == (Bands("payments", ((30.0, 32.0),)),)
    assert closer.bands == ()


def test_signals_stand_on_the_runs_clock_and_so_does_the_moment_users_saw_it(
    a_record: MakeRecord, findings: Findings
) -> None:
    closer = charts(a_record(), [], [], findings)[-1]
    assert closer.title == "The shaken replay, closer"
    assert [(mark.number, mark.t_s) for mark in closer.marks] == [(1, 12.7), (2, 13.1), (3, 16.4)]
    assert closer.seen_s == pytest.approx(15.9)
    assert closer.seen == "POST /checkout answered 503"


def test_without_a_lead_time_users_saw_the_first_answer_that_failed_in_the_shaken_replay(shaken: RunRecord) -> None:
    outcomes = [seen(1.0, "calm", broke=True), seen(7.0, broke=True), seen(5.0, broke=True), seen(4.0)]
    chart = only(charts(shaken, outcomes, [], ()))
    assert (chart.seen_s, chart.seen) == (5.1, "GET / answered timeout")


def test_nothing_failed_is_no_moment(shaken: RunRecord) -> None:
    assert only(charts(shaken, [seen(1.0)], [], ())).seen_s is None


def test_a_run_without_phases_has_no_chart(a_record: MakeRecord) -> None:
    assert charts(msgspec.structs.replace(a_record(), phases=()), [], [], ()) == ()


def test_ticks_are_few_and_round(a_record: MakeRecord) -> None:
    whole, closer = charts(a_record(), [], [], ())
    assert whole.ticks == (0, 10, 20, 30, 40, 50, 60)
    assert closer.ticks == (10, 12, 14, 16, 18, 20)


def test_places_outside_are_at_the_nearer_end(shaken: RunRecord) -> None:
    chart = only(charts(shaken, [], [], ()))
    assert [chart.share(-1.0), chart.share(6.0), chart.share(99.0)] == [0.0, 0.5, 1.0]
