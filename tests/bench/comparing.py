"""The comparison of answers alone: microseconds of CPU for one of 1 KB, the same, another under masks, another page."""

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from replayer.comparing.answers import spots_of
from replayer.comparing.masks import Mask, Masks
from replayer.comparing.met import Met
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Rules
from replayer.outcome import Answer

ANSWERS = 2_000
ROUNDS = 7
MASKS = (
    Mask(place="json:$.id", as_="id", reason="an id"),
    Mask(place="json:$.created_at", as_="time", reason="a time"),
    Mask(place='text:<input name="csrf" value="<*>">', as_="like", like="[0-9a-f]{32}", reason="random"),
)


async def bench(_: Path) -> Sequence[tuple[str, list[float], str]]:
    cases: tuple[tuple[str, Callable[[random.Random], bytes], str], ...] = (
        ("1 KB of JSON, byte for byte the same but for its Date", lambda _: order("a" * 32, 1), "application/json"),
        ("1 KB of JSON, another id and time under masks", another_order, "application/json"),
        ("10 KB of HTML, another token under a mask", lambda draw: page(token(draw)), "text/html"),
    )  # fmt: skip
    return [
        (f"compared: {what} (less is better)", [cost_us(make, kind) for _ in range(ROUNDS)], " us")
        for what, make, kind in cases
    ]


def cost_us(make: Callable[[random.Random], bytes], kind: str) -> float:
    """Of one comparison, which has to find nothing."""
    draw = random.Random(7)
    pairs = [(met(make(draw), kind, "Mon"), met(make(draw), kind, "Tue")) for _ in range(ANSWERS)]
    rules, known = Rules(Masks(MASKS).of("GET /")), Pairs()
    started_s = time.process_time()
    found = sum(len(spots_of(was, now, rules, known)) for was, now in pairs)
    took_s = time.process_time() - started_s
    assert not found
    return 1e6 * took_s / ANSWERS


def met(body: bytes, kind: str, date: str) -> Met:
    headers = (("Date", date), ("Content-Type", kind), ("Content-Length", str(len(body))), ("Server", "s"),
               ("Cache-Control", "no-cache"), ("Vary", "Accept"))  # fmt: skip
    return Met(answer=Answer(status=200, headers=headers, body=body, body_bytes=len(body)))


def token(draw: random.Random) -> str:
    return f"{draw.getrandbits(128):032x}"


def another_order(draw: random.Random) -> bytes:
    return order(token(draw), draw.randrange(28))


def order(of: str, day: int) -> bytes:
    lines = [
        {"sku": f"sku-{n}", "quantity": n, "price": n * 100, "name": f"Green tea {n}", "gift": n % 3 == 0}
        for n in range(11)
    ]
    customer = {"name": "Ada", "mail": "ada@example.com"}
    return json.dumps(
        {"id": of, "created_at": f"2026-01-{day + 1:02}T00:00:00Z", "lines": lines, "customer": customer}
    ).encode()


def page(of: str) -> bytes:
    rows = "".join(f"<tr><td>{n}</td><td>Green tea {n}</td><td>{n * 100}</td></tr>\n" for n in range(200))
    return f'<!doctype html>\n<form><input name="csrf" value="{of}"></form>\n<table>\n{rows}</table>\n'.encode()
