import pytest

from replayer.answerplaces import Said, header_leaves, page_leaves, read_answer
from replayer.outcome import Answer
from replayer.place import NoSuchPlace

ANSWER = Answer(
    status=201,
    headers=(
        ("ETag", '"v2"'),
        ("Location", "https://shop.example/orders/18?code=x%2Fy"),
        ("Set-Cookie", "sid=abc; Path=/; HttpOnly"),
        ("Set-Cookie", "theme=; Max-Age=0"),
    ),
    body=b'{"order": {"id": 18, "ok": true}}',
)


PAGE = Answer(
    status=200,
    headers=(("Content-Type", "text/html"), ("Link", '<https://x.test/a?after=q7>; rel="next", </a>; rel=first')),
    body=b"""<html><head><meta name="csrf-token" content="m&amp;1"></head>
      <form action="/search"><input type=hidden name=csrf value=one></form>
      <form action="https://x.test/orders?draft=1"><input type="hidden" name="csrf" value="two">
      <input type=hidden name=when value="now"><input name=seen></form>
      <a href="/orders/7/edit?key=k1"> Edit <b>it</b></a> <p>never closed""",
)


def test_every_place_of_an_answers_headers_is_listed_and_reads_as_listed() -> None:
    leaves = [(str(leaf.place), leaf.value) for leaf in header_leaves(ANSWER)]
    assert leaves == [
        ("path:0", "orders"),
        ("path:1", "18"),
        ("query:code", "x/y"),
        ("header:ETag", '"v2"'),
        ("header:Location", "https://shop.example/orders/18?code=x%2Fy"),
        ("cookie:sid", "abc"),
        ("cookie:theme", ""),
    ]
    for place, value in leaves:
        assert read_answer(ANSWER, place) == value
    assert read_answer(ANSWER, "header:etag") == '"v2"'
    assert read_answer(ANSWER, "json:$.order.id") == 18


def test_a_page_gives_hidden_fields_by_their_form_and_where_its_links_go() -> None:
    leaves = [(str(leaf.place), leaf.value) for leaf in page_leaves(PAGE)]
    assert leaves == [
        ("meta:csrf-token", "m&1"),
        ("action:0", "/search"),
        ("html:csrf@/search", "one"),
        ("action:1", "https://x.test/orders?draft=1"),
        ("html:csrf@/orders", "two"),
        ("html:when", "now"),
        ("a:Edit it", "/orders/7/edit?key=k1"),
    ]
    for place, value in leaves:
        assert read_answer(PAGE, place) == value


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("a:Edit it > path:1", "7"),
        ("a:Edit it > query:key", "k1"),
        ("action:1 > path:0", "orders"),
        ("link:next > query:after", "q7"),
        ("header:Location > path:1", "18"),
    ],
)
def test_a_part_of_a_url_that_an_answer_gave_is_a_place(place: str, value: str) -> None:
    assert read_answer(ANSWER if "Location" in place else PAGE, place) == value


def test_an_item_is_selected_by_what_stands_beside_it() -> None:
    said = Said(Answer(status=200, body=b'[{"name": "tea", "id": 4}, {"name": "mug", "id": 2}, {"name": "mug"}, 5]'))
    assert said.read('json:$[?@.name=="tea"].id') == 4
    for two_or_none in ('json:$[?@.name=="mug"].id', 'json:$[?@.name=="cup"].id', 'json:$[?@.no.name=="tea"].id'):
        with pytest.raises(NoSuchPlace):
            said.read(two_or_none)


@pytest.mark.parametrize("place", ["json:$.none", "json:$.order.id.x", "path:2", "header:No", "cookie:no", "form:a"])
def test_a_place_that_an_answer_has_not_got_says_so(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        read_answer(ANSWER, place)


@pytest.mark.parametrize("place", ["json:$.a", "html:csrf", "a:Edit", "meta:x > path:1"])
def test_an_answer_that_is_no_text_has_only_its_headers(place: str) -> None:
    answer = Answer(status=200, headers=(("ETag", "1"),), body=b"\xff{}")
    assert [str(leaf.place) for leaf in header_leaves(answer)] == ["header:ETag"]
    with pytest.raises(NoSuchPlace):
        read_answer(answer, place)
