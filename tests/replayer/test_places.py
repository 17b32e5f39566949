import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayer.places import (
    NoSuchPlace,
    read_request,
    request_leaves,
    write_raw,
    write_request,
)
from replayer.plan import Body, Request

JSON = Request(
    method="PUT",
    target="/orders/17/items?page=2&tag=a&tag=b%20c",
    headers=(
        ("Content-Type", "application/json"),
        ("Cookie", 'sid="abc"; theme=dark'),
        ("If-Match", '"v1"'),
        ("X-Twice", "1"),
        ("x-twice", "2"),
    ),
    body=Body(text='{"qty": 2,  "price": 1.50, "note": null, "lines": [{"sku": "a-1"}]}'),
)
FORM = Request(
    method="POST",
    target="/login",
    headers=(("Content-Type", "application/x-www-form-urlencoded"),),
    body=Body(text="user=al%20ice&csrf=x%2By&csrf=z"),
)


def test_every_place_of_a_json_request_is_listed_in_order_and_typed() -> None:
    assert [(str(leaf.place), leaf.value) for leaf in request_leaves(JSON)] == [
        ("path:0", "orders"),
        ("path:1", "17"),
        ("path:2", "items"),
        ("query:page", "2"),
        ("query:tag", "a"),
        ("query:tag#1", "b c"),
        ("header:Content-Type", "application/json"),
        ("header:If-Match", '"v1"'),
        ("header:X-Twice", "1"),
        ("header:x-twice#1", "2"),
        ("cookie:sid", '"abc"'),
        ("cookie:theme", "dark"),
        ("json:$.qty", 2),
        ("json:$.price", 1.5),
        ("json:$.note", None),
        ("json:$.lines[0].sku", "a-1"),
    ]


def test_every_place_of_a_form_is_listed_decoded() -> None:
    leaves = [(str(leaf.place), leaf.value) for leaf in request_leaves(FORM)]
    assert leaves[2:] == [("form:user", "al ice"), ("form:csrf", "x+y"), ("form:csrf#1", "z")]


@pytest.mark.parametrize("request_", [JSON, FORM])
def test_every_listed_place_reads_as_listed_and_can_be_written(request_: Request) -> None:
    for leaf in request_leaves(request_):
        place = str(leaf.place)
        assert read_request(request_, place) == leaf.value
        assert read_request(write_request(request_, place, "new1"), place) == "new1"


@pytest.mark.parametrize(
    ("place", "value", "field", "expected"),
    [
        ("path:1", 18, "target", "/orders/18/items?page=2&tag=a&tag=b%20c"),
        ("path:1", "a/b?c", "target", "/orders/a%2Fb%3Fc/items?page=2&tag=a&tag=b%20c"),
        ("query:tag#1", "x&y=z", "target", "/orders/17/items?page=2&tag=a&tag=x%26y%3Dz"),
        ("query:page", True, "target", "/orders/17/items?page=true&tag=a&tag=b%20c"),
    ],
)
def test_a_value_is_written_so_that_it_stays_in_its_place(place: str, value: object, field: str, expected: str) -> None:
    assert getattr(write_request(JSON, place, value), field) == expected


def test_writing_json_changes_the_leaf_alone_and_keeps_types() -> None:
    written = write_request(JSON, "json:$.qty", 12)
    assert written.body == Body(text='{"qty": 12,  "price": 1.50, "note": null, "lines": [{"sku": "a-1"}]}')
    assert write_request(JSON, "json:$.qty", "12").body == Body(text=JSON.body.text.replace("2,", '"12",', 1))  # type: ignore[union-attr]


def test_writing_a_header_or_cookie_leaves_the_others() -> None:
    assert write_request(JSON, "cookie:sid", "new").headers[1] == ("Cookie", "sid=new; theme=dark")
    assert write_request(JSON, "header:x-TWICE#1", "9").headers[3:] == (("X-Twice", "1"), ("x-twice", "9"))


def test_a_header_takes_any_text_as_utf_8_bytes_but_no_line_break() -> None:
    assert read_request(write_request(JSON, "header:If-Match", "€"), "header:If-Match") == "â\x82¬"
    for text in ("a\r\nX: y", "a\0"):
        with pytest.raises(ValueError, match="line break"):
            write_request(JSON, "header:If-Match", text)
    with pytest.raises(ValueError, match="cannot hold ';'"):
        write_request(JSON, "cookie:sid", "a; admin=1")


@pytest.mark.parametrize(
    "place",
    ["path:3", "query:none", "query:page#1", "json:$.none", "json:$.lines[1]", "form:a", "header:No", "cookie:x"],
)
def test_a_place_that_is_not_there_says_so(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        read_request(JSON, place)
    with pytest.raises(NoSuchPlace):
        write_request(JSON, place, "x")


@pytest.mark.parametrize(
    "body", [None, Body(base64="/w=="), Body(text=""), Body(text="{torn"), Body(text="hello"), Body(text="[" * 9999)]
)
def test_a_body_that_is_no_json_has_no_leaves(body: Body | None) -> None:
    request = Request(method="POST", target="/", body=body)
    assert list(request_leaves(request)) == []


def test_an_encoded_body_is_not_looked_into() -> None:
    request = Request(method="POST", target="/", headers=(("Content-Encoding", "gzip"),), body=Body(text="{}"))
    assert [str(leaf.place) for leaf in request_leaves(request)] == ["header:Content-Encoding"]


@given(st.text(max_size=10))
def test_any_text_is_read_back_from_path_query_form_and_json(text: str) -> None:
    for request, place in ((JSON, "path:1"), (JSON, "query:page"), (JSON, "json:$.note"), (FORM, "form:user")):
        assert read_request(write_request(request, place, text), place) == text


def test_raw_characters_are_put_back_as_they_were() -> None:
    changed = write_request(JSON, "json:$.price", 7)
    assert write_raw(changed, "json:$.price", "1.50") == JSON


MULTIPART = Request(
    method="POST",
    target="/files",
    headers=(("Content-Type", 'multipart/form-data; boundary="xYz"'),),
    body=Body(
        text='--xYz\r\nContent-Disposition: form-data; name="ticket"\r\n\r\n7\r\n'
        '--xYz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nticket 7\r\n'
        '--xYz\r\ncontent-disposition: form-data; name="note"\r\n\r\na&b=c\r\n--xYz--\r\n'
    ),
)


def test_fields_of_a_multipart_form_are_places_and_files_are_none() -> None:
    leaves = [(str(leaf.place), leaf.value) for leaf in request_leaves(MULTIPART)]
    assert leaves[2:] == [("form:ticket", "7"), ("form:note", "a&b=c")]
    changed = write_request(MULTIPART, "form:ticket", "a b&19")
    assert read_request(changed, "form:ticket") == "a b&19"
    assert write_request(changed, "form:ticket", "7") == MULTIPART
    with pytest.raises(ValueError, match="cannot hold the boundary"):
        write_request(MULTIPART, "form:note", "--xYz")
    with pytest.raises(NoSuchPlace):
        read_request(MULTIPART, "form:file")
