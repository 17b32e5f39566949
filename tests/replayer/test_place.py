import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayer.place import Place, parse_place

kinds = st.sampled_from(["query", "form", "header", "cookie"])
named = st.tuples(kinds, st.text(min_size=1, max_size=8), st.integers(0, 3)).map(lambda parts: Place(*parts))
segments = st.integers(0, 9).map(lambda nth: Place("path", nth=nth))
leaves = st.lists(st.text(max_size=5) | st.integers(0, 9), max_size=4).map(lambda path: Place("json", path=tuple(path)))


@given(named | segments | leaves)
def test_a_place_that_is_written_is_read_back(place: Place) -> None:
    assert parse_place(str(place)) == place


@pytest.mark.parametrize("text", ["", "path", "path:", "path:x", "body:x", "query:", "json", "json:a", "query:a#b"])
def test_what_is_no_place_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a (place|JSON path) such as"):
        parse_place(text)


def test_header_names_compare_in_any_case_others_do_not() -> None:
    assert parse_place("header:ETag").same(parse_place("header:etag"))
    assert not parse_place("query:A").same(parse_place("query:a"))
    assert not parse_place("header:a").same(parse_place("cookie:a"))
