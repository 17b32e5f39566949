"""What a policy's rules and its strict mode make of exchanges."""

import json

import msgspec
import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response, header
from recorder.policy import ActionName, Policy, Rule
from recorder.pseudonym import Pseudonyms
from recorder.redact import Redactor

OF = Pseudonyms(b"key").of


def exchange(url: str = "/users/ada/orders/77?q=lamp&page=2", body: object = None, **headers: str) -> Exchange:
    pairs = {"Host": "shop.example", "Content-Type": "application/json", **headers}
    return Exchange(
        id="e1",
        session="",
        connection="c1",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        request=Request(
            method="POST",
            url=url,
            http_version="HTTP/1.1",
            headers=tuple(Header(*pair) for pair in pairs.items()),
            post_data=Content.of(json.dumps(body).encode() if body is not None else b""),
        ),
        response=Response(status=200, status_text="OK", http_version="HTTP/1.1", headers=(), content=Content.of(b"")),
    )


def redacted(plain: Exchange, *rules: Rule, strict: bool = False) -> Request:
    return Redactor(b"key", Policy(rules=rules, strict=strict)).exchange(plain).request


BODY = {"user": {"name": "Ada", "email": "ada@x.org", "tags": ["a1", "b2"]}, "n": 12, "ok": True}


@pytest.mark.parametrize(
    ("place", "action", "to", "expected"),
    [
        ("json:$.user.name", "pseudonymise", None, {"user": {**BODY["user"], "name": OF("Ada")}}),  # type: ignore[dict-item]
        ("json:$.user.email", "keep", None, {}),
        ("json:$.user.tags[*]", "replace", "t", {"user": {**BODY["user"], "tags": ["t", "t"]}}),  # type: ignore[dict-item]
        ("json:$.n", "pseudonymise", None, {"n": int(OF("12"))}),
        ("json:$.n", "drop", None, {"n": None}),
        ("json:$.ok", "replace", False, {"ok": False}),
        ("json:$..name", "hash", None, {"user": {**BODY["user"], "name": Pseudonyms(b"key").hashed("Ada")}}),  # type: ignore[dict-item]
    ],
)
def test_a_rule_decides_what_is_done_at_a_json_path(
    place: str, action: ActionName, to: str | bool | None, expected: dict[str, object]
) -> None:
    keep_mail = Rule(place="json:$.user.email", action="keep")
    said = redacted(exchange(body=BODY), Rule(place=place, action=action, to=to), keep_mail)
    assert json.loads(said.post_data.raw) == {**BODY, **expected}


def test_a_rule_holds_for_all_that_is_below_its_place() -> None:
    said = json.loads(redacted(exchange(body=BODY), Rule(place="json:$.user", action="pseudonymise")).post_data.raw)
    assert said["user"] == {"name": OF("Ada"), "email": OF("ada@x.org"), "tags": [OF("a1"), OF("b2")]}


def test_rules_reach_headers_cookies_queries_and_segments_of_paths() -> None:
    said = redacted(
        exchange(Cookie="lang=en; sid=abcdefgh1234", **{"X-Tenant": "acme", "X-Trace": "t1"}),
        Rule(place="header:x-tenant", action="replace", to="tenant"),
        Rule(place="header:X-Tr*", action="drop"),
        Rule(place="cookie:lang", action="keep"),
        Rule(place="query:q", action="pseudonymise"),
        Rule(place="query:page", action="drop"),
        Rule(place="path:2", action="pseudonymise"),
    )
    assert header(said.headers, "x-tenant") == "tenant"
    assert header(said.headers, "x-trace") is None
    assert header(said.headers, "cookie") == f"lang=en; sid={OF('abcdefgh1234')}"
    assert said.url == f"/users/{OF('ada')}/orders/77?q={OF('lamp')}"


def test_a_rule_with_routes_holds_for_them_alone() -> None:
    rule = Rule(place="path:2", action="pseudonymise", routes=("POST /users/{id}/orders/{order}",))
    assert redacted(exchange(), rule).url.startswith(f"/users/{OF('ada')}/")
    assert redacted(exchange("/shops/ada/orders/77"), rule).url == "/shops/ada/orders/77"


def test_the_first_rule_that_fits_decides() -> None:
    first, second = (Rule(place="query:q", action="replace", to=to) for to in ("one", "two"))
    assert "q=one" in redacted(exchange(), first, second).url


def test_strict_mode_leaves_nothing_but_structure_and_what_a_rule_keeps() -> None:
    plain = exchange(body={**BODY, "link": "/users/ada?x=1"}, **{"X-Note": "hello there", "Accept": "*/*"})
    said = redacted(plain, Rule(place="json:$.user.name", action="keep"), strict=True)
    body = json.loads(said.post_data.raw)
    assert body["user"] == {"name": "Ada", "email": OF("ada@x.org"), "tags": [OF("a1"), OF("b2")]}
    assert (body["n"], body["ok"]) == (int(OF("12")), True)
    assert said.url == f"/users/ada/orders/{OF('77')}?q={OF('lamp')}&page={OF('2')}"
    assert header(said.headers, "x-note") == OF("hello there")
    assert header(said.headers, "accept") == "*/*"


def test_strict_mode_keeps_joins_between_what_is_answered_and_what_is_asked() -> None:
    redactor = Redactor(b"key", Policy(strict=True))
    made = json.loads(redactor.json('{"id": 4711, "key": "0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11"}'))
    assert redactor.target(f"/orders/{4711}") == f"/orders/{made['id']}"
    assert redactor.target("/orders/0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11") == f"/orders/{made['key']}"


@pytest.mark.parametrize(
    "text",
    ['{"user": {"name": "Ada"}}', '{"us\\u0065r": {"name": "Ada"}}', '{"user" : {"name":"Ada"}}'],
)
def test_a_rule_holds_however_the_names_are_written(text: str) -> None:
    rule = Rule(place="json:$.user.name", action="pseudonymise")
    plain = exchange()
    plain = msgspec.structs.replace(
        plain, request=msgspec.structs.replace(plain.request, post_data=Content.of(text.encode()))
    )
    assert json.loads(redacted(plain, rule).post_data.raw) == {"user": {"name": OF("Ada")}}


def test_beside_rules_that_fit_nothing_all_else_holds() -> None:
    rule = Rule(place="json:$.order.note", action="keep")
    said = redacted(exchange(body={"order": 7, "token": "s3cr3t-Value-77", "items": ["ada@x.org"]}), rule)
    assert json.loads(said.post_data.raw) == {"order": 7, "token": OF("s3cr3t-Value-77"), "items": [OF("ada@x.org")]}
