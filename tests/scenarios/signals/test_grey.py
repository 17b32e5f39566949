import random

from recorder.listen.signal import Sample
from scenarios.signals.alerts import AlertRule
from scenarios.signals.grey import grey_flags
from scenarios.signals.signallog import SignalLog


def log(*, slope: float = 0.0, noise: float = 1.0, size: float | None = None) -> SignalLog:
    draw = random.Random(3)
    samples = [Sample(float(t), "shop", "pool_in_use", 10 + slope * t + noise * draw.gauss(0, 1)) for t in range(100)]
    if size is not None:
        samples += [Sample(float(t), "shop", "pool_size", size) for t in range(100)]
    return SignalLog(started_s=0.0, ended_s=100.0, samples=tuple(samples))


def test_what_drifts_is_told_with_how_long_it_has_until_its_limit() -> None:
    (flag,) = grey_flags(log(size=100), log(slope=0.2, size=100))
    assert (flag.signal, flag.what, flag.limit) == ("shop metric pool_in_use", "drifted", 100)
    assert flag.to_trouble_s is not None
    assert 300 < flag.to_trouble_s < 400  # seventy to go at a fifth a second
    assert "it is at 100 in" in flag.how


def test_a_declared_alert_is_the_limit() -> None:
    rule = AlertRule(name="a", pattern="shop metric pool_in_use", above=50)
    assert grey_flags(log(), log(slope=0.2), [rule])[0].limit == 50


def test_what_has_no_limit_is_flagged_without_a_time() -> None:
    (flag,) = grey_flags(log(), log(slope=-0.2))
    assert (flag.to_trouble_s, flag.what) == (None, "drifted")


def test_what_drifts_in_calm_as_well_is_flagged_only_where_it_has_a_limit() -> None:
    assert grey_flags(log(slope=0.2), log(slope=0.2)) == ()
    assert len(grey_flags(log(slope=0.2, size=50), log(slope=0.2, size=50))) == 1


def test_what_got_noisier_is_told() -> None:
    (flag,) = grey_flags(log(), log(noise=5))
    assert flag.what == "noisier"


def test_calm_against_itself_has_no_flags() -> None:
    assert grey_flags(log(), log()) == ()
