import json
import time

import pytest

from replayer.outcome import Answer
from replayer.plan import Body, Request
from replayer.said import said_by
from replayer.wanted import asked_by

TOKEN = "tok_4f9a8b7c6d5e"


def wanted(request: Request) -> list[tuple[str, str, str]]:
    return [(str(one.place), one.text, one.wrap) for one in asked_by(request).values]


def test_a_request_says_its_values_and_what_is_inside_of_them() -> None:
    headers = (("Authorization", f"Bearer {TOKEN}"), ("If-Match", '"3"'), ("Accept", "*/*"), ("Cookie", "a=1"))
    body = json.dumps({"n": 7, "ok": True, "q": f'a(id: "{TOKEN}")', "x": None})
    request = Request(method="POST", target="/orders/7?page=2", headers=headers, body=Body(text=body))
    assert wanted(request) == [
        ("path:0", "orders", "{}"),
        ("path:1", "7", "{}"),
        ("query:page", "2", "{}"),
        ("header:Authorization", f"Bearer {TOKEN}", "{}"),
        ("header:Authorization", TOKEN, "Bearer {}"),
        ("header:If-Match", '"3"', "{}"),
        ("header:If-Match", "3", '"{}"'),
        ("cookie:a", "1", "{}"),
        ("json:$.n", "7", "{}"),
        ("json:$.q", f'a(id: "{TOKEN}")', "{}"),
        ("json:$.q", TOKEN, 'a(id: "{}")'),
    ]


@pytest.mark.parametrize(
    ("text", "value", "wrap"),
    [
        ("Customers(7)", "7", "Customers({})"),
        ("CustomerId eq 7 and x eq 1", "7", "CustomerId eq {} and x eq 1"),
        (f"{TOKEN}:retry", TOKEN, "{}:retry"),
    ],
)
def test_a_key_in_a_query_language_is_inside_of_its_text(text: str, value: str, wrap: str) -> None:
    request = Request(method="POST", target="/", body=Body(text=json.dumps({"q": text})))
    assert wanted(request)[1:] == [("json:$.q", value, wrap)]


@pytest.mark.parametrize(
    "body", ["{torn", '"\\ud800', "[" * 5000, '{"a": NaN}', "null", "7", '{"a": 1, "a": 2}', "x=1&=2&&y"]
)
def test_a_body_of_nonsense_is_taken_as_far_as_it_goes(body: str) -> None:
    asked_by(Request(method="POST", target="//?&=&a", body=Body(text=body)))


@pytest.mark.timeout(20)
def test_hostile_texts_take_no_longer_than_they_are_long() -> None:
    texts = ["a" * 60_000 + "(", "aId" * 20_000, "a." * 30_000, "((((" * 15_000, "xId" + " " * 60_000, '"' * 60_000]
    began_s = time.process_time()
    for text in texts:
        headers = (("X-Text", text), ("Content-Type", f"multipart/form-data;{';' * 60_000}boundary=a"))
        asked_by(Request(method="POST", target=f"/{text}?a={text}", body=Body(text=json.dumps([text]))))
        asked_by(Request(method="POST", target="/", headers=headers, body=Body(text=text)))
        header = text.replace("a", "<")
        page = Answer(status=200, headers=(("Content-Type", "text/html"), ("Link", header)), body=header.encode())
        list(said_by(page, (), written=True))
        list(said_by(Answer(status=200, body=json.dumps({"id": text, "next": f"/{text}"}).encode()), (), written=True))
    assert time.process_time() - began_s < 10
