import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayer.urltext import escape_query, escape_segment, origin_form, pairs, query_values, segments, unescape

any_bytes_as_text = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", [""]),
        ("/a/b", ["a", "b"]),
        ("/a//b/", ["a", "", "b", ""]),
        ("/a?x=/c", ["a"]),
        ("http://host:80/a/b#c", ["a", "b"]),
        ("http://host", []),
        ("*", []),
    ],
)
def test_segments_are_those_of_the_path(target: str, expected: list[str]) -> None:
    assert [target[span.start : span.end] for span in segments(target)] == expected


def test_a_query_gives_values_with_decoded_names_and_skips_names_without_one() -> None:
    target = "/a?x=1&flag&tag%5B%5D=a+b&tag%5B%5D=#frag=1"
    found = [(span.name, target[span.start : span.end]) for span in query_values(target)]
    assert found == [("x", "1"), ("tag[]", "a+b"), ("tag[]", "")]


def test_a_form_is_read_like_a_query() -> None:
    text = "a=1&b=c%20d"
    assert [(span.name, text[span.start : span.end]) for span in pairs(text)] == [("a", "1"), ("b", "c%20d")]


@given(any_bytes_as_text)
def test_what_is_escaped_comes_back_bytes_that_are_no_utf_8_too(text: str) -> None:
    assert unescape(escape_segment(text)) == text
    assert unescape(escape_query(text), plus=True) == text


@given(any_bytes_as_text)
def test_what_is_escaped_stays_one_segment_and_one_value(text: str) -> None:
    assert len(segments(f"/a/{escape_segment(text)}/b")) == 3
    assert len(list(query_values(f"/a?x={escape_query(text)}&y=1"))) == 2


@pytest.mark.parametrize(
    ("target", "path"), [("http://h/a?b", "/a?b"), ("http://h", "/"), ("/a", "/a"), ("//h/a", "/a")]
)
def test_the_origin_form_is_path_and_query(target: str, path: str) -> None:
    assert origin_form(target) == path
