"""Learning a shape: exchanges per second of one core's time, and the most memory of a process that does nothing else.

The recording is a shop's: lists of products, carts, orders with long ids; a third of the exchanges have a JSON body
asked, all have one answered, with new values all the time. Sessions overlap, and arrivals come in bursts.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.recording import RecordingWriter

ROUNDS = 3
EXCHANGES = 100_000
_CLIENTS = 200  # sessions under way
_LEARN = """
import resource, sys, time
from recorder.recording import Recording
from recorder.shape import learn
began_s = time.process_time()
shape = learn(Recording.open(sys.argv[1]))
print(shape.exchanges / (time.process_time() - began_s), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    out = folder / "shop.rec"
    with RecordingWriter(out, upstream="http://shop.example") as writer:
        for exchange in _exchanges(random.Random(5)):
            writer.write(exchange)
    learned = [_learn(out) for _ in range(ROUNDS)]
    return [
        ("exchanges learned / s of one core (more is better)", [rate for rate, _ in learned], ""),
        ("most memory while learning", [memory for _, memory in learned], " MB"),
    ]


def _learn(out: Path) -> tuple[float, float]:
    """Exchanges per second, and MB, of a process of its own."""
    told = subprocess.run([sys.executable, "-P", "-c", _LEARN, str(out)], check=True, capture_output=True, text=True)
    rate, memory = map(float, told.stdout.split())
    return rate, memory


def _exchanges(draw: random.Random) -> Iterator[Exchange]:
    clients = [[number, 0] for number in range(_CLIENTS)]
    at_s = 0.0
    for number in range(EXCHANGES):
        client = draw.choice(clients)
        client[1] += 1
        at_s += draw.expovariate(200 if int(at_s) % 60 < 50 else 800)
        session = f"s{client[0]:06}"
        method, url, asked, status, answered = _step(draw, *client)
        took_s = draw.lognormvariate(-4, 0.7)
        yield Exchange(
            id=f"e{number:07}",
            session=session,
            connection=f"c{client[0] % 1000}",
            started_s=at_s,
            request_ended_s=at_s,
            first_byte_s=at_s + 0.9 * took_s,
            ended_s=at_s + took_s,
            request=Request(
                method=method,
                url=url,
                http_version="HTTP/1.1",
                headers=_headers(Host="shop.example", Accept="*/*", Cookie=f"sid={session}", User_Agent="Mozilla/5.0"),
                post_data=_json(asked),
            ),
            response=Response(
                status=status,
                status_text="",
                http_version="HTTP/1.1",
                headers=_headers(Date="Mon", Server="nginx", X_Request_Id=f"{number}"),
                content=_json(answered),
            ),
        )
        if client[1] % 4 == 0 and draw.random() < 0.5:
            client[:] = [client[0] + _CLIENTS, 0]


def _step(draw: random.Random, client: int, step: int) -> tuple[str, str, Any, int, Any]:
    """(method, target, body, status, answer) of a session's next request."""
    order = f"{client:08x}{step // 4:024x}"
    match step % 4:
        case 1:
            items = [_product(draw) for _ in range(5)]
            return "GET", f"/products?page={draw.randrange(9)}&sort=price", None, 200, {"items": items, "total": 500}
        case 2:
            note = None if draw.random() < 1e-4 else "plain"
            body = {"product": draw.randrange(10**6), "qty": draw.choice([1, 1, 1, 2, 3]), "note": note}
            return "POST", f"/carts/{client}/items", body, 201, {"cart": client, "lines": step}
        case 3:
            address = {"zip": str(draw.randrange(10_000, 99_999)), "city": "Graz"}
            body = {"cart": client, "email": f"u{draw.randrange(10**5)}@example.org", "address": address}
            return "POST", "/orders", body, 201, {"id": order, "status": "new", "created": "2026-11-23T10:00:00Z"}
        case _:
            status = 500 if draw.random() < 0.01 else 200
            state = draw.choice(["paid", "new", "failed"])
            total = draw.randrange(1000) / 10
            return "GET", f"/orders/{order}", None, status, {"id": order, "status": state, "total": total}


def _product(draw: random.Random) -> dict[str, Any]:
    return {
        "id": draw.randrange(10**6),
        "name": f"thing {draw.randrange(500)}",
        "price": draw.randrange(100, 9999) / 100,
        "stock": draw.randrange(50),
    }


def _headers(**headers: str) -> tuple[Header, ...]:
    shown = [Header(name.replace("_", "-"), value) for name, value in headers.items()]
    return (*shown, Header("Content-Type", "application/json"), Header("Connection", "keep-alive"))


def _json(content: Any) -> Content:
    return Content.of(b"" if content is None else json.dumps(content).encode())
