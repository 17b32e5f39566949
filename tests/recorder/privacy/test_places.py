"""Places that are easily forgotten: messages, trailers of both ways, and URLs that stand in headers."""

import json

import pytest

from recorder.exchange import Content, Exchange, Header, Message, Request, Response, header
from recorder.pseudonym import Pseudonyms
from recorder.redact import Redactor

SECRET = "s3cr3t-Value-77"
MAIL = "ada@example.org"


def redacted(
    *,
    headers: tuple[Header, ...] = (),
    trailers: tuple[Header, ...] = (),
    answer_headers: tuple[Header, ...] = (),
    answer_trailers: tuple[Header, ...] = (),
    messages: tuple[bytes, ...] = (),
) -> Exchange:
    request = Request(
        method="GET", url="/", http_version="HTTP/1.1", headers=headers, post_data=Content(size=0), trailers=trailers
    )
    response = Response(
        status=101,
        status_text="",
        http_version="HTTP/1.1",
        headers=answer_headers,
        content=Content(size=0),
        trailers=answer_trailers,
    )
    exchange = Exchange(
        id="e1",
        session="",
        connection="c1",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        request=request,
        response=response,
        messages=tuple(
            Message(at_s=0.1, from_client=number % 2 == 0, binary=number > 1, content=Content.of(raw))
            for number, raw in enumerate(messages)
        ),
    )
    return Redactor(b"key").exchange(exchange)


def stand_in(value: str) -> str:
    return Pseudonyms(b"key").of(value)


def test_messages_of_both_sides_are_redacted_whether_text_or_binary() -> None:
    login = json.dumps({"op": "login", "token": SECRET}).encode()
    done = redacted(messages=(login, f"hello {MAIL}".encode(), b"\x81\xff\x00" + MAIL.encode() + b"\x00\xfe"))
    assert json.loads(done.messages[0].content.raw) == {"op": "login", "token": stand_in(SECRET)}
    assert done.messages[1].content.raw == f"hello {stand_in(MAIL)}".encode()
    assert MAIL.encode() not in done.messages[2].content.raw
    assert done.messages[2].content.size == len(done.messages[2].content.raw) == 3 + len(MAIL) + 2


def test_trailers_of_request_and_response_are_redacted() -> None:
    trailers = (Header("X-Session-Token", SECRET), Header("X-Note", f"for {MAIL}"), Header("Checksum", "abc123"))
    done = redacted(trailers=trailers, answer_trailers=trailers)
    assert done.response is not None
    assert done.request.trailers == done.response.trailers
    assert [one.value for one in done.request.trailers] == [stand_in(SECRET), f"for {stand_in(MAIL)}", "abc123"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Location", "https://shop.example/cb?code=1&token={}"),
        ("Location", "/cb#access_token={}&state=1"),
        ("Location", "/login?next=%2Fcb%3Ftoken%3D{}"),
        ("Content-Location", "/things/7?api_key={}"),
        ("Refresh", "5; url=/next?token={}"),
        ("Link", '</p?page=2&token={}>; rel="next"'),
    ],
)
def test_secrets_in_the_urls_of_answers_are_replaced_where_they_stand(name: str, value: str) -> None:
    done = redacted(answer_headers=(Header(name, value.format(SECRET)),))
    assert done.response is not None
    assert header(done.response.headers, name) == value.format(stand_in(SECRET))


@pytest.mark.parametrize("name", ["Referer", "Origin", "X-Original-URL", "X-Forwarded-Uri"])
def test_secrets_in_the_urls_of_requests_are_replaced_where_they_stand(name: str) -> None:
    url = "https://shop.example/people/ada%40example.org?q=lamp&token={}"
    done = header(redacted(headers=(Header(name, url.format(SECRET)),)).request.headers, name) or ""
    assert done.endswith(f"?q=lamp&token={stand_in(SECRET)}")
    assert "ada" not in done


def test_a_header_that_was_plain_is_redacted_once_it_is_known_as_a_secret() -> None:
    redactor = Redactor(b"key")

    def asked(body: bytes) -> str:
        one = Exchange(
            id="e1",
            session="",
            connection="c1",
            started_s=0,
            request_ended_s=0,
            ended_s=1,
            request=Request(
                method="POST",
                url="/",
                http_version="HTTP/1.1",
                headers=(Header("X-Trace", "a1b2c3d4e5f60718"), Header("Content-Type", "application/json")),
                post_data=Content.of(body),
            ),
        )
        return header(redactor.exchange(one).request.headers, "x-trace") or ""

    assert asked(b'{"a": 1}') == "a1b2c3d4e5f60718"
    asked(b'{"token": "a1b2c3d4e5f60718"}')
    assert asked(b'{"a": 1}') == stand_in("a1b2c3d4e5f60718")


@pytest.mark.parametrize(
    ("name", "is_a_persons"),
    [
        ("first_name", True),
        ("fullName", True),
        ("customer_name", True),
        ("shippingName", True),
        ("cardHolderName", True),
        ("name", False),
        ("product_name", False),
        ("username", False),
        ("file name", False),
    ],
)
def test_a_name_is_replaced_where_its_field_says_that_it_is_a_persons(name: str, is_a_persons: bool) -> None:
    text = json.dumps({name: "Ada Lovelace"})
    new = json.loads(Redactor(b"key").json(text))[name]
    assert (new != "Ada Lovelace") == is_a_persons
    assert [char.isalpha() for char in new] == [char.isalpha() for char in "Ada Lovelace"]


@pytest.mark.parametrize(
    "page",
    [
        '<input type="hidden" name="csrf_token" value="{secret}">',
        "<input value='{secret}' type=hidden name=csrf_token/>",
        "<INPUT NAME=password VALUE={secret}/>",
        '<meta name="csrf-token" content="{secret}">',
        '<meta content="{secret}" name="csrf-token">',
        '<textarea rows="3" name="secret">{secret}</textarea>',
    ],
)
def test_named_fields_of_a_page_are_redacted_however_they_are_written(page: str) -> None:
    redactor = Redactor(b"key")
    new = redactor.body("text/html", page.format(secret=SECRET).encode()).decode()
    assert new == page.format(secret=Pseudonyms(b"key").of(SECRET))


def test_other_fields_of_a_page_stay_and_a_page_of_open_tags_takes_no_time() -> None:
    page = b'<input value="a-value-of-12" name=qty><textarea name=note>a-value-of-12</textarea>' + b"<input " * 50_000
    assert Redactor(b"key").body("text/html", page) == page
