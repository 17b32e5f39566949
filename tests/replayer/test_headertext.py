import pytest

from replayer.headertext import cookie_spans, cookies, set_cookies


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=1; b=2", [("a", "1"), ("b", "2")]),
        ('a="x=y" ;b=', [("a", '"x=y"'), ("b", "")]),
        ("flag; a = 1 ;", [("a", "1")]),
        ("", []),
    ],
)
def test_cookies_are_found_where_they_stand(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(span.name, value[span.start : span.end]) for span in cookie_spans(value)] == expected
    assert list(cookies((("Accept", "a=1"), ("COOKIE", value)))) == expected


def test_of_a_cookie_that_is_set_only_its_value_is_taken() -> None:
    assert list(set_cookies((("Set-Cookie", "sid=1; Path=/; Max-Age=9"),))) == [("sid", "1")]
