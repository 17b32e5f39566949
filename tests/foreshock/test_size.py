import pytest

from foreshock.size import format_bytes, parse_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [("4096", 4096), ("1b", 1), ("64MB", 64_000_000), ("1.5gb", 1_500_000_000), ("1 GiB", 1 << 30), ("500kb", 500_000)],
)
def test_a_size_is_read_as_people_write_it(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1XB", "1,5GB", "lots"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size such as '64MB'"):
        parse_bytes(text)


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (999_600, "1 MB")])
def test_a_count_of_bytes_is_said_shortly(count: int, text: str) -> None:
    assert format_bytes(count) == text
