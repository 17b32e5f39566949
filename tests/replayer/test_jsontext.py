import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayer import jsontext

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.text(max_size=6) | st.integers(0, 99), max_size=5).map(tuple))
def test_a_path_that_is_written_is_read_back(path: jsontext.Path) -> None:
    assert jsontext.parse_path(jsontext.format_path(path)) == path


@pytest.mark.parametrize("text", ["", "a", "$a", "$..a", "$[", "$[a]", "$.", '$["a', "$.a "])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a JSON path"):
        jsontext.parse_path(text)


@given(values, st.integers(0, 2))
def test_every_leaf_is_found_in_the_text_however_it_is_spaced(value: object, indent: int) -> None:
    text = json.dumps(value, indent=indent or None)
    for path, leaf in jsontext.leaves(value):
        start, end = jsontext.span(text, path)
        assert json.loads(text[start:end]) == leaf
        assert jsontext.pick(value, path) == leaf


def test_of_a_key_that_stands_twice_the_last_one_counts() -> None:
    text = '{"a": 1, "a": 2}'
    start, end = jsontext.span(text, ("a",))
    assert text[start:end] == "2"


@pytest.mark.parametrize("text", ["", "{", "[1", "{'a': 1}", "nonsense", "[" * 100_000])
def test_what_is_no_json_has_no_places(text: str) -> None:
    with pytest.raises(LookupError):
        jsontext.span(text, ("a",))


@pytest.mark.parametrize("path", [("b",), (0,), ("a", 2), ("a", "x"), ("c", 0)])
def test_a_path_that_leads_nowhere_is_a_lookup_error(path: jsontext.Path) -> None:
    with pytest.raises(LookupError):
        jsontext.span('{"a": [1, 2], "c": {}}', path)


def test_a_lone_surrogate_is_escaped_for_utf_8_has_none() -> None:
    assert jsontext.literal("é\ud800") == '"\\u00e9\\ud800"'
    assert jsontext.literal({"a": ["é", 1]}) == '{"a":["é",1]}'
