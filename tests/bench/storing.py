"""Writing, reading and verifying a recording: exchanges per second of one core's time, without redaction."""

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.recording import Recording, RecordingWriter
from recorder.verify import verify

ROUNDS = 3
EXCHANGES = 50_000
_HEADERS = tuple(
    Header(name, value)
    for name, value in (
        ("Host", "shop.example"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
        ("Cookie", "sid=0123456789abcdef"),
        ("Content-Type", "application/json"),
    )
)


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    draw = random.Random(1)
    exchanges = [_exchange(number, draw) for number in range(1, EXCHANGES + 1)]
    figures: dict[str, list[float]] = {"written": [], "read": [], "verified": []}
    for number in range(ROUNDS):
        out = folder / f"{number}.rec"
        figures["written"].append(_rate(lambda out=out: _write(out, exchanges)))
        figures["read"].append(_rate(lambda out=out: sum(1 for _ in Recording.open(out).exchanges())))
        figures["verified"].append(_rate(lambda out=out: EXCHANGES if verify(out).is_whole else 0))
    return [(f"exchanges {what} / s of one core (more is better)", rates, "") for what, rates in figures.items()]


def _rate(action: Callable[[], int]) -> float:
    began_s = time.process_time()
    assert action() == EXCHANGES
    return EXCHANGES / (time.process_time() - began_s)


def _write(out: Path, exchanges: Sequence[Exchange]) -> int:
    with RecordingWriter(out, upstream="http://shop.example") as writer:
        for exchange in exchanges:
            writer.write(exchange)
    return writer.counts.stored


def _exchange(number: int, draw: random.Random) -> Exchange:
    items = [{"sku": f"sku-{draw.randrange(1000)}", "qty": draw.randrange(9)} for _ in range(4)]
    body = Content.of(json.dumps({"items": items, "note": "x" * draw.randrange(80)}).encode())
    at_s = number / 1000
    return Exchange(
        id=f"e{number:06}",
        session=f"s{number % 500:05}",
        connection=f"c{number % 900}",
        started_s=at_s,
        request_ended_s=at_s + 0.001,
        first_byte_s=at_s + 0.002,
        ended_s=at_s + 0.003,
        request=Request(
            method="POST", url=f"/orders/{number}", http_version="HTTP/1.1", headers=_HEADERS, post_data=body
        ),
        response=Response(status=201, status_text="Created", http_version="HTTP/1.1", headers=_HEADERS, content=body),
    )
