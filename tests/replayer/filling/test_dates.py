from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from replayer.filling.dates import Dates, moved
from replayer.filling.filling import Shift
from replayer.place import parse_place
from replayer.plan import Step

RECORDED_S = datetime(2024, 5, 1, 10, 0, tzinfo=UTC).timestamp()
LATER_S = 100 * 86_400 + 3600.0  # 2024-08-09 11:00


@pytest.mark.parametrize(
    ("place", "was", "now"),
    [
        ("json:$.at", "2024-05-01T10:00:00Z", "2024-08-09T11:00:00Z"),
        ("json:$.at", "2024-05-01T10:00:00.123+02:00", "2024-08-09T11:00:00.123+02:00"),
        ("query:from", "2024-05-01 10:00", "2024-08-09 11:00"),
        ("json:$.day", "2024-05-02", "2024-08-10"),
        ("header:If-Modified-Since", "Wed, 01 May 2024 09:00:00 GMT", "Fri, 09 Aug 2024 10:00:00 GMT"),
        ("json:$.expires_at", 1714561200, 1714561200 + int(LATER_S)),
        ("query:since", "1714561200123", str(1714561200123 + int(LATER_S) * 1000)),
    ],
)
def test_a_date_near_the_recordings_time_moves_with_it_and_is_written_as_it_was(
    place: str, was: str | int, now: str | int
) -> None:
    assert moved(was, parse_place(place), RECORDED_S, LATER_S) == now


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("json:$.birth_date", "2024-05-01"),
        ("json:$.day", "1990-05-01"),
        ("json:$.at", "1990-05-01T10:00:00Z"),
        ("json:$.day", "2024-02-31"),
        ("json:$.amount", 1714561200),
        ("json:$.expires_at", 1999999999),
        ("json:$.at", 7),
        ("json:$.version", "2024-05-01-beta"),
        ("header:If-Modified-Since", "Wed, 99 May 2024 09:00:00 GMT"),
    ],
)
def test_what_is_no_date_or_far_from_the_recordings_time_stays(place: str, value: str | int) -> None:
    assert moved(value, parse_place(place), RECORDED_S, LATER_S) is None


def test_a_slower_replay_moves_later_dates_further(step: Callable[..., Step]) -> None:
    dates = Dates(Shift(recorded_s=RECORDED_S, now_s=RECORDED_S + LATER_S, speed=0.5))
    late = step("s1", due_s=120.0, body='{"at": "2024-05-01T10:01:00Z", "birthday": "2024-05-01"}')
    filled = dates.fill(late, late.request)
    assert filled.body is not None
    assert filled.body.raw == b'{"at": "2024-08-09T11:02:00Z", "birthday": "2024-05-01"}'
    assert dates.moved == 1


def test_a_date_that_is_bound_is_the_targets(step: Callable[..., Step]) -> None:
    dates = Dates(Shift(recorded_s=RECORDED_S, now_s=RECORDED_S + LATER_S))
    bound = step("s2", body='{"at": "2024-05-01T10:00:00Z"}', bound=(("json:$.at", "s1", "json:$.at"),))
    assert dates.fill(bound, bound.request) == bound.request
