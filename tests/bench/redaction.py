"""Redaction where every answer is another, as in production: the redactor alone, and the recorder beside mitmdump."""

import json
import random
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from load import PlainServer, Talk
from recording import JSON, Sides

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.redact import Redactor

EXCHANGES = 2_000
ROUNDS = 5


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    talk = customers()
    with PlainServer(talk) as upstream:
        sides = Sides(folder / "customers", upstream)
        rates = await sides.rates(talk)
    return [
        ("requests/s of customers, record / mitmdump -w (more is better)", rates, "x"),
        ("exchanges of them for one second of CPU (more is better)", sides.cpu, "x"),
    ] + [
        (f"exchanges/s, {name} (more is better)", [rate(traffic) for _ in range(ROUNDS)], "/s")
        for name, traffic in (
            ("a catalogue: ids, names, prices, times", exchanges(1, with_people=False)),
            ("customers: e-mail, address, phone, tokens", exchanges(2, with_people=True)),
        )
    ]


def customers() -> Talk:
    """A log-in, answered with a customer and what they ordered: 2,000 of them in turns, ending alike."""
    answers = []
    for exchange in exchanges(3, with_people=True):
        assert exchange.response is not None
        body = json.dumps({**json.loads(exchange.response.content.raw), "version": "2026.05.1"}).encode()
        answers.append(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
    return Talk(JSON.request, answers[0], tuple(answers[1:]))


def rate(traffic: Sequence[Exchange]) -> float:
    redactor = Redactor(b"a key for benchmarks")
    started_s = time.process_time()
    for exchange in traffic:
        redactor.exchange(exchange)
    return len(traffic) / (time.process_time() - started_s)


def exchanges(seed: int, *, with_people: bool) -> list[Exchange]:
    """About 1.5 KB of JSON each."""
    draw = random.Random(seed)
    return [_exchange(draw, number, with_people=with_people) for number in range(EXCHANGES)]


def _exchange(draw: random.Random, number: int, *, with_people: bool) -> Exchange:
    order = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    answer = {"order": order, "items": [_item(draw) for _ in range(8)], "page": number % 7, "ok": True}
    if with_people:
        answer["customer"] = _person(draw)
    body = json.dumps({"cart": order, "qty": draw.randint(1, 9)}).encode()
    return Exchange(
        id=f"e{number:06}",
        session="",
        connection=f"c{number % 50}",
        started_s=number,
        request_ended_s=number,
        ended_s=number + 1,
        request=Request(
            method="POST",
            url=f"/orders/{order}/items?page={number % 7}&sort=price",
            http_version="HTTP/1.1",
            headers=_headers(
                Host="shop.example",
                **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0", "Accept": "*/*"},
                Authorization=f"Bearer {number % 200:04}abcdefghijklmnopqrstuvwxyz",
                **{"Content-Type": "application/json", "Content-Length": str(len(body)), "X-Request-Id": order[::-1]},
            ),
            post_data=Content.of(body),
        ),
        response=Response(
            status=200,
            status_text="OK",
            http_version="HTTP/1.1",
            headers=_headers(**{"Content-Type": "application/json", "Cache-Control": "no-store", "ETag": f'"{order}"'}),
            content=Content.of(json.dumps(answer).encode()),
        ),
    )


def _headers(**headers: str) -> tuple[Header, ...]:
    return tuple(Header(name, value) for name, value in headers.items())


def _item(draw: random.Random) -> dict[str, object]:
    thing, stuff = draw.choice(["Lamp", "Chair", "Shelf"]), draw.choice(["brass", "oak", "steel"])
    day, hour, millis = draw.randint(1, 28), draw.randint(0, 23), draw.randint(0, 999)
    return {
        "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "sku": f"SKU-{draw.randint(100, 999)}-{draw.randint(10, 99)}",
        "title": f"{thing}, {stuff} {draw.randint(20, 90)} cm",
        "price_cents": draw.randint(100, 99999),
        "added_at": f"2026-05-{day:02}T{hour:02}:07:31.{millis:03}Z",
    }


def _person(draw: random.Random) -> dict[str, object]:
    name = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=8))
    return {
        "first_name": name.title(),
        "email": f"{name}@{draw.choice(['gmail.com', 'acme.example', 'corp.example'])}",
        "phone": f"+49 170 {draw.randint(1000000, 9999999)}",
        "address": {"street": f"{name.title()} Road {draw.randint(1, 99)}", "city": "Berlin", "country": "DE"},
        "token": f"{draw.getrandbits(160):040x}",
    }
