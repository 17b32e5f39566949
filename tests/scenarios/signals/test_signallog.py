import math

from recorder.listen.signal import LogLine, Sample
from scenarios.signals.signallog import Series, SignalLog, Template, is_counter


def test_signals_are_grouped_by_source_and_ordered_by_time() -> None:
    log = SignalLog(
        started_s=0.0,
        ended_s=9.0,
        samples=(Sample(2.0, "a", "x", 2.0), Sample(1.0, "a", "x", 1.0), Sample(1.0, "b", "x", 5.0)),
        log_lines=(LogLine(3.0, "a", "WARN", "slow <*>"), LogLine(1.0, "a", "WARN", "slow <*>")),
    )
    assert log.series() == {Series("a", "x"): ((1.0, 1.0), (2.0, 2.0)), Series("b", "x"): ((1.0, 5.0),)}
    assert log.templates() == {Template("a", "WARN", "slow <*>"): (1.0, 3.0)}


def test_buckets_and_what_is_no_number_are_not_watched() -> None:
    names = ('d_bucket{le="1"}', "d_created", 'd_count{route="/x_bucket"}')
    samples = (*(Sample(0.0, "a", name, 1.0) for name in names), Sample(0.0, "a", "quantile", math.nan))
    log = SignalLog(started_s=0.0, ended_s=1.0, samples=samples)
    assert list(log.series()) == [Series("a", 'd_count{route="/x_bucket"}')]


def test_counters_are_told_by_their_name() -> None:
    assert is_counter('requests_total{status="200"}') and is_counter("d_count") and is_counter("d_sum")
    assert not is_counter("pool_in_use") and not is_counter('pool{name="x_total"}')
