from faults.call import Call
from foreshock.clock import Anchor
from replayer.outcome import Answer, Attempt, History, Outcome
from scenarios.seenseries import seen_samples

ANCHOR = Anchor(wall_s=0.0, monotonic_s=0.0)


def outcome(ended_s: float, *, status: int = 200, attempts: int = 1, error: str | None = None) -> Outcome:
    return Outcome(
        step=f"s{ended_s}",
        session="c",
        route="GET /a",
        due_s=ended_s - 0.5,
        sent_s=ended_s - 0.5,
        ended_s=ended_s,
        attempts=(Attempt(sent_s=0.0, ended_s=ended_s, status=status, error=error),) * attempts,
        answer=Answer(status=status) if error is None else None,
        fate="unknown" if error or status >= 500 else "ok",
        recorded_status=200,
    )


def call(ordinal: int, ended_s: float, *, status: int | None = 200, digest: str = "", step: str = "s1") -> Call:
    return Call(
        link="payments", ordinal=ordinal, connection=1, protocol="http/1.1", method="POST", path="/charges",
        started_s=ended_s - 0.25, ended_s=ended_s, status=status, digest=digest, step=step, by="traceparent",
        ended="answered" if status else "cut",
    )  # fmt: skip


def seen(history: History, every_s: float = 1.0) -> dict[str, list[tuple[float, float]]]:
    series: dict[str, list[tuple[float, float]]] = {}
    for sample in seen_samples(history, 100.0, every_s):
        series.setdefault(f"{sample.source} {sample.name}", []).append((sample.t_s, sample.value))
    return series


def test_requests_attempts_and_errors_are_counted_by_route_as_they_end() -> None:
    outcomes = (outcome(0.5), outcome(0.9, status=503, attempts=3), outcome(2.5, error="timeout"))
    series = seen(History(anchor=ANCHOR, outcomes=outcomes))
    assert series['replayer requests_total{route="GET /a"}'] == [(100.0, 0), (101.0, 2), (103.0, 3)]
    assert series['replayer attempts_total{route="GET /a"}'] == [(100.0, 0), (101.0, 4), (103.0, 5)]
    assert series['replayer errors_total{route="GET /a"}'] == [(100.0, 0), (101.0, 1), (103.0, 2)]
    assert series["replayer attempts_per_request"] == [(101.0, 2.0), (103.0, 1.0)]


def test_how_long_answers_took_is_a_histogram_without_those_that_never_came() -> None:
    outcomes = (outcome(1.0), outcome(2.0, error="timeout"))
    samples = seen_samples(History(anchor=ANCHOR, outcomes=outcomes), 0.0)
    last = [sample for sample in samples if sample.kind == "histogram"][-1]
    assert (last.name, last.value, last.buckets) == ('request_seconds{route="GET /a"}', 1.0, ((0.5, 1.0),))


def test_a_link_tells_how_often_it_was_asked_the_same_again() -> None:
    calls = tuple(call(n, n / 10, status=None if n < 3 else 200, digest="d") for n in (1, 2, 3))
    series = seen(History(anchor=ANCHOR, outcomes=(), calls=calls))
    assert series["link payments attempts_per_request"] == [(101.0, 3.0)]
    route = '{route="POST /charges"}'
    assert series[f"link payments requests_total{route}"] == [(100.0, 0), (101.0, 1)]
    assert series[f"link payments attempts_total{route}"] == [(100.0, 0), (101.0, 3)]
    assert series[f"link payments errors_total{route}"] == [(100.0, 0), (101.0, 2)]


def test_a_long_history_is_told_more_seldom() -> None:
    outcomes = tuple(outcome(float(n)) for n in range(1, 10_001))
    assert len(seen(History(anchor=ANCHOR, outcomes=outcomes), 0.1)["replayer attempts_per_request"]) == 2000


def test_of_nothing_nothing_is_told() -> None:
    assert seen_samples(History(anchor=ANCHOR, outcomes=()), 0.0) == ()
