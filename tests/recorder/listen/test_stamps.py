import pytest

from recorder.listen.stamps import Stamp, stamp_in, stamp_of


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2023-11-14T22:13:20.5Z said", Stamp(1_700_000_000.5, 0.1)),
        ("2023-11-14 22:13:20,123 - said", Stamp(1_700_000_000.123, 0.001)),
        ("2023/11/14 22:13:20 [error] 7#7: said", Stamp(1_700_000_000.0, 1.0)),
        ("2023-11-15T00:13:20.000000001+02:00", Stamp(1_700_000_000.000000001, 1e-9)),
        ("2023-11-14T17:13:20-0500", Stamp(1_700_000_000.0, 1.0)),
        ('127.0.0.1 - - [14/Nov/2023:22:13:20 +0000] "GET / HTTP/1.1" 200', Stamp(1_700_000_000.0, 1.0)),
        ("2023-13-45T22:13:20Z", None),
        ("14/Foo/2023:22:13:20", None),
        ("22:13:20 said", None),
        ("nothing", None),
    ],
)
def test_the_time_of_a_line_is_read_with_its_zone_and_its_resolution(text: str, stamp: Stamp | None) -> None:
    found = stamp_in(text)
    assert (found is None) == (stamp is None)
    if found and stamp:
        assert found == (pytest.approx(stamp.wall_s), pytest.approx(stamp.resolution_s))


@pytest.mark.parametrize(
    ("value", "wall_s", "resolution_s"),
    [
        (1_700_000_000, 1_700_000_000, 1.0),
        (1_700_000_000.25, 1_700_000_000.25, 0.001),
        (1_700_000_000_250, 1_700_000_000.25, 0.001),
        (1_700_000_000_250_000, 1_700_000_000.25, 1e-6),
        (1_700_000_000_250_000_000, 1_700_000_000.25, 1e-9),
        ("1700000000", 1_700_000_000, 1.0),
        ("2023-11-14T22:13:20.25Z", 1_700_000_000.25, 0.01),
    ],
)
def test_a_number_is_a_time_by_its_size(value: object, wall_s: float, resolution_s: float) -> None:
    assert stamp_of(value) == (pytest.approx(wall_s), pytest.approx(resolution_s))


@pytest.mark.parametrize("value", [True, None, "soon", 12, float("nan"), float("inf"), -5, [], "1e999"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert stamp_of(value) is None
