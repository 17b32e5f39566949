import pytest

from scenarios.report.printable import printable


@pytest.mark.parametrize(
    "bad", ["\x1b", "\x00", "\r", "\x9b", "\ud800", "\uffff", "\u202e"], ids=lambda char: f"U+{ord(char):04X}"
)
def test_what_could_steer_a_terminal_or_break_a_file_is_replaced(bad: str) -> None:
    assert printable(f"a{bad}b") == "a\ufffdb"


def test_ordinary_text_of_every_script_stays() -> None:
    text = "naïve — 東京 🛒\tזה\n<*>"
    assert printable(text) == text
