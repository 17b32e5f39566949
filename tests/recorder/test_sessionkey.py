import base64
import json

import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.sessionkey import SessionKey


def exchange(*sent: tuple[str, str], sets: str = "") -> Exchange:
    given = (Header("Set-Cookie", sets),) if sets else ()
    return Exchange(
        id="e1",
        session="",
        connection="c1",
        started_s=0,
        request_ended_s=0,
        ended_s=0,
        request=Request(
            method="GET",
            url="/",
            http_version="HTTP/1.1",
            headers=tuple(Header(name, value) for name, value in sent),
            post_data=Content.of(b""),
        ),
        response=Response(status=200, status_text="", http_version="HTTP/1.1", headers=given, content=Content.of(b"")),
    )


def jwt(claims: object) -> tuple[str, str]:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return "Authorization", f"Bearer e30.{payload}.c2ln"


def test_a_header_is_read_whatever_its_case() -> None:
    assert SessionKey.parse("header:X-User").of(exchange(("x-user", "ada"))) == "ada"
    assert SessionKey.parse("header:X-User").of(exchange()) == ""


def test_a_cookie_is_read_where_it_is_sent_or_set() -> None:
    key = SessionKey.parse("cookie:who")
    assert key.of(exchange(("Cookie", "a=b; who=ada"))) == "ada"
    assert key.of(exchange(sets="who=ada; Path=/; who=ben")) == "ada"
    assert key.of(exchange(("Cookie", "whose=ada"))) == ""


@pytest.mark.parametrize(
    ("path", "claims", "value"),
    [
        ("$.sub", {"sub": "ada"}, "ada"),
        ("$.user.id", {"user": {"id": 7}}, "7"),
        ("$.user", {"user": {"id": 7}}, ""),
        ("$.none", {"sub": "ada"}, ""),
        ("$.sub", ["ada"], ""),
    ],
)
def test_a_claim_of_a_bearer_token_is_read_at_its_path(path: str, claims: object, value: str) -> None:
    assert SessionKey.parse(f"token:{path}").of(exchange(jwt(claims))) == value


@pytest.mark.parametrize("value", ["Bearer a.b.c", "Bearer opaque", "Basic YTpi", "Bearer a.%%%.c"])
def test_what_is_no_jwt_has_no_claims(value: str) -> None:
    assert SessionKey.parse("token:$.sub").of(exchange(("Authorization", value))) == ""


@pytest.mark.parametrize("text", ["", "X-User", "header:", "header:a b", "token:sub", "token:$", "body:$.x"])
def test_a_key_that_is_none_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="expected header:NAME, cookie:NAME, or token:"):
        SessionKey.parse(text)


def test_it_stands_in_the_manifest_as_it_was_written() -> None:
    assert str(SessionKey.parse("token:$.sub")) == "token:$.sub"
