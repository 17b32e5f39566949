"""Learning bindings and filling requests, alone: exchanges learned from and requests filled a second of CPU."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

from replayer.bindings import Learner
from replayer.filling.filler import Fills
from replayer.filling.filling import Filling
from replayer.outcome import Answer
from replayer.plan import Body, Request, Step

EXCHANGES = 20_000
ROUNDS = 5
HEADERS = (("User-Agent", "shop/7.1"), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))


async def bench(_: Path) -> Sequence[tuple[str, list[float], str]]:
    rounds = [per_second() for _ in range(ROUNDS)]
    return [
        ("bindings: exchanges learned from, a second of CPU", [learned for learned, _ in rounds], " exchanges/s"),
        ("bindings: requests filled, a second of CPU", [filled for _, filled in rounds], " requests/s"),
    ]


def per_second() -> tuple[float, float]:
    """Exchanges learned from, and requests filled: an order made, then read three times, over and over."""
    exchanges = list(recorded(random.Random(7)))
    learner = Learner()
    began_s = time.process_time()
    bindings = [learner.meet(*exchange) for exchange in exchanges]
    learned_s = time.process_time() - began_s
    steps = [
        Step(id=name, due_s=0.0, session=session, route="", request=request, bindings=bound)
        for (name, session, request, *_), bound in zip(exchanges, bindings, strict=True)
    ]
    fills = Fills(Filling(), seed=1, scheme="http", host="127.0.0.1", wall=time.time)
    began_s = time.process_time()
    for step, (*_, answer) in zip(steps, exchanges, strict=True):
        fills.fill(step)
        fills.keep(step, answer, None)
    filled_s = time.process_time() - began_s
    assert learner.meaning.bound == 2 * EXCHANGES * 3 // 4  # the order's id and the token, of every request that reads
    return EXCHANGES / learned_s, EXCHANGES / filled_s


def recorded(draw: random.Random) -> list[tuple[str, str, Request, float, float, Answer]]:
    found = []
    token, order = "", 0
    for number in range(EXCHANGES):
        session = f"u{number // 8}"
        lines = [{"product_id": 3, "quantity": 2, "price_cents": 450, "name": "Green tea"}]
        if number % 4 == 0:
            token, order = f"{draw.getrandbits(128):032x}", number + 1
            said = {"order": {"id": order, "status": "open", "lines": lines}, "token": token}
            body = Body(text=json.dumps({"product_id": 3, "quantity": 2, "note": "please"}))
            request = Request(method="POST", target="/orders", headers=HEADERS, body=body)
        else:
            said = {"order": {"id": order, "status": "open", "lines": lines, "created_at": "2024-01-01T00:00:00Z"}}
            bearer = ("Authorization", f"Bearer {token}")
            request = Request(method="GET", target=f"/orders/{order}?full=1", headers=(*HEADERS, bearer))
        content = json.dumps(said).encode()
        headers = (("Content-Type", "application/json"), ("Date", "Mon"), ("Server", "s"), ("Vary", "Accept"))
        answer = Answer(status=200, headers=headers, body=content, body_bytes=len(content))
        found.append((f"s{number}", session, request, number / 100, number / 100 + 0.005, answer))
    return found
