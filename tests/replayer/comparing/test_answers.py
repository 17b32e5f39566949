"""Two answers compared whole."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from replayer.comparing.answers import spots_of
from replayer.comparing.difference import Spot, difference
from replayer.comparing.masks import Mask
from replayer.comparing.met import CUT, Met
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Rules
from replayer.outcome import Answer

Answers = Callable[..., Answer]


def found(was: Answer, now: Answer, *masks: Mask) -> list[tuple[str, str]]:
    """(where, kind) of each difference."""
    spots = spots_of(Met(answer=was), Met(answer=now), Rules(masks), Pairs())
    return [(spot.at, spot.kind) for spot in spots]


@pytest.mark.parametrize(
    ("was", "now", "differs"),
    [
        ({"a": 1}, {"a": 2}, [("json:$.a", "value")]),
        ({"a": 1}, {"a": 1.0}, [("json:$.a", "type")]),
        ({"a": 1}, {"a": True}, [("json:$.a", "type")]),
        ({"a": [1]}, {"a": [True]}, [("json:$.a[0]", "type")]),
        ({"a": {"b": 0}}, {"a": {"b": False}}, [("json:$.a.b", "type")]),
        ({"a": 1}, {}, [("json:$.a", "missing")]),
        ({}, {"a": None}, [("json:$.a", "added")]),
        ({"a": "x"}, {"a": None}, [("json:$.a", "type")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ([1, 2, 3], [1, 3], [("json:$[1]", "missing")]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}], [("json:$[0].id", "value"), ("json:$[1].id", "value")]),
    ],
)
def test_json_is_compared_by_type_and_place(
    was: object, now: object, differs: list[tuple[str, str]], answer: Answers
) -> None:
    assert found(answer(was), answer(now)) == differs


def test_of_another_status_nothing_else_is_told(answer: Answers) -> None:
    assert found(answer({"a": 1}), answer({"b": 2}, status=500)) == [("status", "status")]


def test_headers_that_say_how_an_answer_came_are_not_compared_and_others_are(answer: Answers) -> None:
    was = answer({}, Date="Mon", Server="a/1", ETag='"1"', X_Total="3")
    assert found(was, answer({}, Date="Tue", Server="b/2", ETag='"1"', X_Total="3")) == []
    assert found(was, answer({}, ETag='"2"', X_Total="4", Vary="Accept")) == [
        ("header:etag", "value"),
        ("header:x-total", "value"),
        ("header:vary", "added"),
    ]


def test_trailers_are_compared_as_headers(answer: Answers) -> None:
    was, now = (replace(answer({}), trailers=(("Grpc-Status", status),)) for status in ("0", "13"))
    assert found(was, now) == [("header:grpc-status", "value")]


def test_a_redirect_is_compared_by_host_path_and_query(answer: Answers) -> None:
    was = answer(None, status=302, Location="http://a:1/orders/7?page=1")
    now = answer(None, status=302, Location="http://b:2/orders/8?page=1")
    assert found(was, now) == [("header:location", "value"), ("path:1", "value")]


def test_a_cookie_is_compared_by_value_and_by_what_it_is_good_for(answer: Answers) -> None:
    was = answer(None, Set_Cookie="sid=1; Path=/; HttpOnly; Expires=Mon")
    assert found(was, answer(None, Set_Cookie="sid=1; path=/; httponly; expires=Tue")) == []
    assert found(was, answer(None, Set_Cookie="sid=2; Path=/")) == [("cookie:sid", "value"), ("cookie:sid;", "value")]


def test_a_body_of_another_kind_or_encoding_is_told_as_that(answer: Answers) -> None:
    was = answer({"a": 1})
    assert found(was, answer(b"<html>")) == [("body", "encoding")]
    assert found(was, answer('{"a": 1}'.encode("utf-16"))) == [("body", "encoding")]
    assert found(was, answer(None)) == [("body", "missing")]


def test_pages_that_grew_are_aligned(answer: Answers) -> None:
    was = answer(b"<ul><li>tea<li>mate</ul>", kind="text/html")
    now = answer(b"<ul><li>tea<li>rooibos<li>mate</ul>", kind="text/html")
    assert found(was, now) == [("text:4", "added")]


def test_forms_are_compared_by_field_and_binaries_as_a_whole(answer: Answers) -> None:
    form = "application/x-www-form-urlencoded"
    assert found(answer(b"a=1&b=2&a=3", kind=form), answer(b"b=2&a=1&a=4", kind=form)) == [("form:a#1", "value")]
    png = "image/png"
    assert found(answer(b"\x89PNG1", kind=png), answer(b"\x89PNG2", kind=png)) == [("body", "value")]


def test_a_cut_answer_is_not_the_same_as_a_whole_one_and_one_too_long_to_keep_is_not_compared(answer: Answers) -> None:
    was = Met(answer=answer({"a": 1}))
    cut = Met(answer=answer({"a": 1}), error="cut")
    assert [spot.kind for spot in spots_of(was, cut, Rules(), Pairs())] == ["truncated"]
    long = Met(answer=answer({"a": 2}), unread=CUT)
    assert spots_of(was, long, Rules(), Pairs()) == []


def test_nested_beyond_what_is_read_is_compared_as_text(answer: Answers) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert found(answer(deep), answer(deep[:-1] + b"]")) == []
    assert found(answer(deep), answer(deep + b"]")) == [("text:1", "value")]


def test_ids_are_the_same_as_long_as_one_stands_for_one_other(answer: Answers) -> None:
    mask = Mask(place="json:$.of[*]", as_="id", reason="ids")
    assert found(answer({"of": ["a", "b", "a"]}), answer({"of": ["x", "y", "x"]}), mask) == []
    assert found(answer({"of": ["a", "b", "a"]}), answer({"of": ["x", "y", "y"]}), mask) == [("json:$.of[2]", "value")]
    assert found(answer({"of": ["a", "b"]}), answer({"of": ["x", "x"]}), mask) == [("json:$.of[1]", "value")]


def test_a_list_that_moves_is_compared_by_what_its_items_are(answer: Answers) -> None:
    moves = Mask(place="json:$.items", as_="unordered", reason="any order")
    time = Mask(place="json:$.items[*].at", as_="time", reason="time")
    was = answer({"items": [{"n": 1, "at": "2026-01-01"}, {"n": 2, "at": "2026-01-01"}]})
    assert (
        found(was, answer({"items": [{"n": 2, "at": "2026-01-02"}, {"n": 1, "at": "2026-01-03"}]}), moves, time) == []
    )
    other = answer({"items": [{"n": 3, "at": "2026-01-02"}, {"n": 1, "at": "2026-01-03"}]})
    assert found(was, other, moves, time) == [("json:$.items[1].n", "value")]


def test_what_a_mask_lets_pass_still_has_to_look_like_it(answer: Answers) -> None:
    time = Mask(place="json:$.t", as_="time", reason="time")
    token = Mask(place="json:$.k", as_="like", like="[0-9a-f]{4}", reason="random")
    was = answer({"t": "2026-01-01T10:00:00Z", "k": "ab12"})
    assert found(was, answer({"t": "2026-02-02T11:00:00.5Z", "k": "ffff"}), time, token) == []
    assert found(was, answer({"t": "soon", "k": "fff"}), time, token) == [("json:$.t", "value"), ("json:$.k", "value")]


def test_a_difference_is_told_without_its_values() -> None:
    told = difference("s1", "GET /", Spot("json:$.card", "json:$.card", "value", "4111-secret", "4112-secret"))
    assert (told.was, told.now) == ("text of 11 characters", "text of 11 characters, other from character 4 on")
    page = difference("s1", "GET /", Spot("text:Hello <*>", "text:3", "value", "Hello Ada", "Hello Bob"))
    assert (page.place, page.at) == ("text", "text:3")
