import gzip
import json

import pytest

from recorder.exchange import Content, Header, Request
from recorder.fields import fields_of


def fields(body: bytes = b"", url: str = "/", **headers: str) -> list[tuple[str, object]]:
    request = Request(
        method="POST",
        url=url,
        http_version="HTTP/1.1",
        headers=tuple(Header(name.replace("_", "-"), value) for name, value in headers.items()),
        post_data=Content.of(body),
    )
    return list(fields_of(request))


def test_query_values_are_text_and_the_second_of_a_name_says_so() -> None:
    assert fields(url="/a?page=2&tag=x&tag=y%20z&bare&odd%23=1#frag=3") == [
        ("query:page", "2"),
        ("query:tag", "x"),
        ("query:tag#1", "y z"),
        ("query:odd%23", "1"),
    ]


def test_json_values_keep_their_types_and_the_items_of_an_array_are_one_place() -> None:
    body = {"qty": 2, "ok": True, "none": None, "items": [{"id": "a"}, {"id": "b"}], "odd key": 1.5, "empty": {}}
    assert fields(json.dumps(body).encode()) == [
        ("json:$.qty", 2),
        ("json:$.ok", True),
        ("json:$.none", None),
        ("json:$.items[*].id", "a"),
        ("json:$.items[*].id", "b"),
        ('json:$["odd key"]', 1.5),
    ]


def test_form_values_are_told_by_their_content_type() -> None:
    assert fields(b"a=1&b=%7E+x", Content_Type="application/x-www-form-urlencoded; charset=utf-8") == [
        ("form:a", "1"),
        ("form:b", "~ x"),
    ]


def test_a_compressed_body_is_looked_into() -> None:
    assert fields(gzip.compress(b'{"a":1}'), Content_Encoding="gzip") == [("json:$.a", 1)]


@pytest.mark.parametrize(
    ("body", "coding"), [(b"plain", ""), (b"\xff\x00", ""), (b"x", "gzip"), (b"[" * 100_000, ""), (b"", "")]
)
def test_a_body_without_fields_has_none(body: bytes, coding: str) -> None:
    assert fields(body, Content_Encoding=coding) == []
