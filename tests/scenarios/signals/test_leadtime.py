import pytest

from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Answer, Attempt, Fate, Outcome
from scenarios.finding import LeadTime
from scenarios.signals.leadtime import first_failure, judge
from scenarios.signals.signallog import SignalLog

REPLAY_S = 100.0  # when the shaken replay started on the run's clock


def outcome(
    ended_s: float,
    fate: Fate = "unknown",
    status: int | None = 503,
    error: str | None = None,
    recorded: int | None = 200,
) -> Outcome:
    return Outcome(
        step="s",
        session="c1",
        route="POST /checkout",
        due_s=0.0,
        sent_s=0.0,
        ended_s=ended_s,
        attempts=(Attempt(sent_s=0.0, ended_s=ended_s, status=status, error=error),),
        answer=Answer(status=status) if status else None,
        fate=fate,
        recorded_status=recorded,
    )


def log(start_s: float, gauge: list[float], lines: list[tuple[float, str]]) -> SignalLog:
    """A gauge every 0.25 s, an error counter that stays at 0, and WARN lines at so many seconds."""
    return SignalLog(
        started_s=start_s,
        ended_s=start_s + 10,
        samples=tuple(
            sample
            for index, value in enumerate(gauge)
            for sample in (
                Sample(start_s + index / 4, "shop", "pool_in_use", value),
                Sample(start_s + index / 4, "shop", "errors_total", 0.0),
            )
        ),
        log_lines=tuple(LogLine(start_s + t_s, "shop", "WARN", text) for t_s, text in lines),
    )


CALM = log(0.0, [0, 1, 0, 1], [(1.0, "retrying <*>")])
QUIET = log(REPLAY_S, [0, 1, 0, 1], [(1.0, "retrying <*>")])
CREEPING = log(REPLAY_S, [0, 1, 2, 3, 4, 5], [(1.0, "retrying <*>"), (0.6, "pool at <*>")])


def judged(shaken: SignalLog, *outcomes: Outcome, since_s: float = 0.0) -> LeadTime:
    return judge(CALM, shaken, outcomes, replay_started_s=REPLAY_S, seen_in="the shaken replay", since_s=since_s)


def test_warned_says_which_signals_moved_how_and_how_long_before() -> None:
    lead = judged(CREEPING, outcome(3.0, status=None, error="timeout"))
    assert (lead.verdict, lead.watched, lead.seen_in) == ("WARNED", 4, "the shaken replay")
    assert (lead.first_failure_s, lead.first_failure) == (3.0, "POST /checkout ended in timeout after 3.0 s")
    metric, line = lead.moved
    assert (metric.signal, metric.source, metric.kind) == ("shop metric pool_in_use", "shop", "metric")
    assert (metric.moved_at_s, metric.lead_s) == (0.5, 2.5)
    assert metric.how == "rose from at most 1 in calm to 5"
    assert (line.signal, line.kind) == ('shop log WARN "pool at <*>"', "log")
    assert line.lead_s == pytest.approx(2.4)
    assert line.how == "said once; calm runs never said it"


def test_late_is_when_signals_moved_only_after_users_saw_it() -> None:
    lead = judged(CREEPING, outcome(0.2))
    assert lead.verdict == "LATE"
    assert all(moved.lead_s is not None and moved.lead_s < 0 for moved in lead.moved)


def test_silent_is_when_nothing_moved() -> None:
    assert judged(QUIET, outcome(3.0)).verdict == "SILENT"


def test_without_a_failure_the_moves_are_told_and_the_lead_is_unknown() -> None:
    lead = judged(CREEPING, outcome(3.0, fate="ok", status=200))
    assert (lead.verdict, lead.first_failure_s, lead.first_failure) == ("UNKNOWN", None, "")
    assert [moved.lead_s for moved in lead.moved] == [None, None]


def test_with_nothing_watched_the_verdict_is_unknown() -> None:
    empty = SignalLog(started_s=0.0, ended_s=1.0)
    lead = judge(empty, empty, [outcome(3.0)], replay_started_s=0.0, seen_in="x")
    assert (lead.verdict, lead.watched) == ("UNKNOWN", 0)


def test_moves_before_the_first_fault_are_not_counted() -> None:
    assert judged(CREEPING, outcome(3.0), since_s=2.0).verdict == "SILENT"


def test_a_series_that_calm_never_had_moves_with_its_first_sample() -> None:
    shaken = SignalLog(started_s=REPLAY_S, ended_s=110.0, samples=(Sample(101.0, "shop", "pool_waiting", 2.0),))
    moved = judged(shaken, outcome(3.0)).moved[0]
    assert (moved.moved_at_s, moved.how) == (1.0, "appeared with 2; calm runs never had it")


def test_a_source_that_calm_never_heard_is_not_compared() -> None:
    shaken = SignalLog(started_s=REPLAY_S, ended_s=110.0, samples=(Sample(101.0, "payments", "pool_waiting", 2.0),))
    assert judged(shaken, outcome(3.0)).moved == ()


def test_more_lines_than_calm_ever_said_in_a_second_are_a_move() -> None:
    storm = [(2.0 + number / 10, "retrying <*>") for number in range(5)]
    moved = judged(log(REPLAY_S, [0, 1, 0, 1], storm), outcome(3.0)).moved
    assert [each.how for each in moved] == ["rose from at most 1 a second in calm to 5"]


@pytest.mark.parametrize(
    ("failures", "first"),
    [
        ([outcome(5.0), outcome(4.0)], 4.0),
        ([outcome(4.0, fate="failed", status=404), outcome(5.0)], 5.0),
        ([outcome(4.0, recorded=503), outcome(5.0)], 5.0),
        ([outcome(4.0, recorded=None), outcome(5.0)], 5.0),
        ([outcome(4.0, recorded=404)], 4.0),
        ([outcome(4.0, fate="ok", status=200)], None),
        ([], None),
    ],
)
def test_the_first_failure_is_the_first_of_unknown_fate_that_production_had_answered(
    failures: list[Outcome], first: float | None
) -> None:
    found = first_failure(failures)
    assert (found.t_s if found else None) == first
