from collections.abc import Callable

import pytest

from foreshock.errors import UsageError
from recorder.exchange import Exchange
from recorder.recording import Recording
from replayer.traffic.slicing import Between, Instant, exchanges_between


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("90", Instant(90.0)),
        ("1.5", Instant(1.5)),
        ("1m30s", Instant(90.0)),
        ("1970-01-01T00:01:00Z", Instant(60.0, wall=True)),
        ("1970-01-01T00:01:00", Instant(60.0, wall=True)),
        ("1970-01-01T01:01:00+01:00", Instant(60.0, wall=True)),
    ],
)
def test_an_instant_is_seconds_or_a_time_of_day(text: str, instant: Instant) -> None:
    assert Instant.parse(text) == instant


@pytest.mark.parametrize("text", ["", "-5", "noon", "nan", "inf", "2026-13-01T00:00:00Z"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="expected seconds from the first request"):
        Instant.parse(text)


def test_the_end_is_after_the_beginning() -> None:
    with pytest.raises(ValueError, match="expected an end after the beginning"):
        Between.parse("60", "60")


def test_a_stretch_holds_what_started_in_it(
    exchange: Callable[..., Exchange], recorded: Callable[..., Recording]
) -> None:
    recording = recorded(*(exchange(100.0 + at_s) for at_s in range(10)))
    found = exchanges_between(recording, Between.parse("2", "5"))
    assert [each.started_s for each in found] == [102.0, 103.0, 104.0]
    open_end = exchanges_between(recording, Between.parse("7s", "-"))
    assert [each.started_s for each in open_end] == [107.0, 108.0, 109.0]
    zero_s = recording.manifest.anchor.wall_s
    by_day = exchanges_between(recording, Between(Instant(zero_s + 103.5, wall=True), Instant(zero_s + 106, wall=True)))
    assert [each.started_s for each in by_day] == [104.0, 105.0]


def test_a_plan_knows_no_time_of_day() -> None:
    with pytest.raises(UsageError, match="give seconds from its start"):
        Between.parse("2026-11-23T10:00:00Z", "-").seconds(0.0, None)
