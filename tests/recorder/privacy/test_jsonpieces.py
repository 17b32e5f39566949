import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.privacy.jsonpieces import cut, end_of, inside, joined, name_above, token_of

VALUES = st.recursive(
    st.text(max_size=8) | st.sampled_from(['"', "\\", '\\"', "a : b"]) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES, st.booleans())
def test_what_was_cut_joins_to_the_same_text_and_every_other_piece_is_a_string(value: object, ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii)
    pieces = cut(text)
    if pieces is not None:
        assert joined(pieces) == text
        assert [json.loads(token_of(piece)) for piece in pieces[1::2]] == list(map(inside, pieces[1::2]))
        assert not any(char in piece for piece in pieces[::2] for char in '"\\')


@pytest.mark.parametrize("text", ['{"a" : 1}', '{"a"\n:1}', '["\udc00\\\\"]'])
def test_what_quotes_alone_do_not_tell_is_not_cut(text: str) -> None:
    assert cut(text) is None


@pytest.mark.parametrize(
    ("text", "string", "name"),
    [
        ('{"a": "x"}', "x", "a"),
        ('{"a": ["x", "y"]}', "y", "a"),
        ('{"a": [1, [2, "x"]]}', "x", "a"),
        ('{"a": [{"b": "q", "c": []}, "x"]}', "x", "a"),
        ('[{"b": 1}, "x"]', "x", ""),
        ('"x"', "x", ""),
        ('{"b": {"c": 1}, "a": "x"}', "x", "a"),
    ],
)
def test_the_name_above_a_string_is_found_through_arrays(text: str, string: str, name: str) -> None:
    pieces = cut(text)
    assert pieces is not None
    assert name_above(pieces, pieces[1::2].index(string)) == name


def test_a_container_ends_behind_the_bracket_that_closes_it() -> None:
    pieces = cut('{"a": {"b": [1, {"c": 2}]}, "d": 3}')
    assert pieces is not None
    piece, at = end_of(pieces, 2)
    assert (pieces[piece][:at], pieces[piece][at:]) == (": 2}]}", ", ")
