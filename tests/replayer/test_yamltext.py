import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayer import yamltext

ODD = [
    *"-#'|>!&*%@`=~{",
    '"',
    "<<",
    "{}",
    "[x",
    "1e3",
    "no",
    "yes",
    "null",
    "0o17",
    "1:30",
    "2024-01-01",
    "a: b",
    "a #b",
]
BLANK = ["", "a\nb", "\na", " a\nb", "a \nb", "a\n", "a\n\n", "\0", "\ufeff", "\x85", "a\u2028b", "\ud800", "\t"]
texts = st.text(st.characters(codec=None)) | st.sampled_from([*ODD, *BLANK])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_is_dumped_is_loaded_exactly(value: object) -> None:
    assert yamltext.load(yamltext.dump(value)) == value


def test_text_of_many_lines_is_shown_as_it_is() -> None:
    assert yamltext.dump({"text": "one\ntwo\n"}) == "text: |\n  one\n  two\n"


def test_what_other_readers_take_for_something_else_is_quoted() -> None:
    assert yamltext.dump({"a": "1e3", "b": "no", "c": "2024-01-01", "d": "0o17"}) == (
        "a: '1e3'\nb: 'no'\nc: '2024-01-01'\nd: '0o17'\n"
    )


def test_short_lists_stand_on_one_line_and_records_in_a_block() -> None:
    assert yamltext.dump({"after": ["s1", "s2"], "headers": [("A", "b")], "steps": [{"id": "s1"}], "none": {}}) == (
        "after: [s1, s2]\nheaders:\n  - [A, b]\nsteps:\n  - id: s1\nnone: {}\n"
    )


def test_a_date_written_by_hand_is_text() -> None:
    assert yamltext.load("a: 2024-01-01") == {"a": "2024-01-01"}


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\ta: 1", "a: \x07", "a: !python/object:os.system {}"])
def test_what_is_no_yaml_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        yamltext.load(text)


def test_an_error_says_its_line() -> None:
    with pytest.raises(ValueError, match="line 2: "):
        yamltext.load("a: 1\nb: c: d")
