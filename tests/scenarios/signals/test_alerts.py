from recorder.listen.signal import LogLine, Sample
from scenarios.finding import Alerted
from scenarios.signals.alerts import AlertRule, alerted
from scenarios.signals.signallog import SignalLog

LOG = SignalLog(
    started_s=100.0,
    ended_s=120.0,
    samples=tuple(
        sample
        for t in range(20)
        for sample in (
            Sample(100.0 + t, "shop", 'pool_in_use{pool="a"}', float(t)),
            Sample(100.0 + t, "shop", "errors_total", float(max(0, t - 10) * 4)),
        )
    ),
    log_lines=tuple(LogLine(100.0 + t, "shop", "ERROR", "charge failed") for t in (3, 9, 10, 11)),
)


def spoke(rule: AlertRule) -> Alerted:
    (told,) = alerted([rule], LOG, replay_started_s=100.0)
    return told


def test_a_gauge_that_stays_above_its_bound_for_long_enough_is_told() -> None:
    rule = AlertRule(name="pool", pattern="shop metric pool_in_use*", above=12, for_s=2)
    assert spoke(rule) == Alerted(alert="pool", at_s=15.0, signals=1)


def test_a_counter_is_judged_by_its_rate() -> None:
    assert spoke(AlertRule(name="errors", pattern="shop metric errors_total", above=3)).at_s == 11.0


def test_lines_are_counted_within_their_time() -> None:
    rule = AlertRule(name="failing", pattern="shop log ERROR *", said=3, for_s=3)
    assert spoke(rule).at_s == 11.0


def test_an_alert_that_never_spoke_is_told_as_such_and_one_on_nothing_too() -> None:
    assert spoke(AlertRule(name="low", pattern="shop metric pool*", below=-1)) == Alerted(
        alert="low", at_s=None, signals=1
    )
    assert spoke(AlertRule(name="gone", pattern="shop metric pool_size", above=1)).signals == 0
