import pytest

from foreshock.duration import Offset, format_duration, parse_duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("500ms", 0.5), ("1m30s", 90), ("1.5s", 1.5), ("250us", 0.00025), ("2h", 7200)],
)
def test_a_duration_reads_as_its_seconds(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["20", "", "s", "20 s", "-3s", "1x", "5s!", "ms500"])
def test_what_is_no_duration_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a duration such as '20s' or '500ms'"):
        parse_duration_s(text)


def test_an_offset_is_seconds_or_a_share_of_the_run() -> None:
    assert Offset.parse("30%").seconds(run_s=20) == pytest.approx(6)
    assert Offset.parse("500ms").seconds(run_s=20) == pytest.approx(0.5)


@pytest.mark.parametrize("text", ["101%", "-1%", "%", "half"])
def test_an_offset_outside_the_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Offset.parse(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.35, "350 ms"), (4.21, "4.2 s"), (185, "3 m 05 s"), (0.9996, "1.0 s"), (-0.2, "-200 ms")],
)
def test_a_duration_is_shown_in_the_form_read_at_a_glance(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
