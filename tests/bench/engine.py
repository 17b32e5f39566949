"""The replay engine's clock: how late steps are sent at a rate that it is well able to keep."""

from collections.abc import Sequence
from pathlib import Path

from load import PlainServer

from replayer.engine import replay
from replayer.outcome import History
from replayer.plan import Header, Request, Step

ROUNDS = 3
RATE_PER_S = 1000
FOR_S = 3.0
SESSIONS = 50


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    p50_ms, p99_ms = [], []
    with PlainServer() as upstream:
        for _ in range(ROUNDS):
            history = await replay(Header(name="bench"), _steps(), f"http://{upstream}")
            late_ms = _lateness_ms(history)
            p50_ms.append(late_ms[len(late_ms) // 2])
            p99_ms.append(late_ms[int(len(late_ms) * 0.99)])
    return [
        (f"lateness p50 at {RATE_PER_S} requests/s on uvloop (less is better)", p50_ms, " ms"),
        (f"lateness p99 at {RATE_PER_S} requests/s on uvloop (less is better)", p99_ms, " ms"),
    ]


def _steps() -> list[Step]:
    request = Request(method="GET", target="/bench")
    return [
        Step(id=f"s{n}", due_s=n / RATE_PER_S, session=f"c{n % SESSIONS}", route="GET /bench", request=request)
        for n in range(int(RATE_PER_S * FOR_S))
    ]


def _lateness_ms(history: History) -> list[float]:
    return sorted(1000 * outcome.lateness_s for outcome in history.outcomes if outcome.lateness_s is not None)
