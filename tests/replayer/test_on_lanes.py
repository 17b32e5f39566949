"""Plans replayed under faults on the link that they are sent over, on both engines."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from faults.fault import At, Fault, Window
from faults.network import LinkSpec, Network
from foreshock.clock import Anchor
from replayer.engine import replay
from replayer.outcome import History
from replayer.plan import Header, Request, Retry, Step

HEADER = Header(name="p")


@asynccontextmanager
async def shop(asked: asyncio.Event) -> AsyncIterator[str]:
    """The address of a server that answers every request after 10 ms; `asked` is set when the first has come."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked.set()
                await asyncio.sleep(0.01)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
        await asyncio.sleep(0)


@pytest.fixture
def replayed(engine):
    """(steps, faults, run_s, stop) -> the history of the plan, sent over the link 'edge'.

    With `stop` it is stopped as soon as the first request has come.
    """

    async def replayed(
        steps: Sequence[Step], *faults: Fault, run_s: float = 1.0, stop: bool = False, header: Header = HEADER
    ) -> History:
        asked = asyncio.Event()
        run = f"test-{os.getpid()}-{time.monotonic_ns()}"
        async with shop(asked) as address, Network.open(engine, [edge(address)], seed=1, run=run) as network:
            anchor = Anchor.now()
            conductor = network.conductor(faults, {"edge": "edge"}, anchor.elapsed_s, run_s, edge="edge")
            target = f"http://{network.address('edge')}"
            stopping = asked if stop else None
            history = await replay(header, steps, target, anchor=anchor, conductor=conductor, stop=stopping)
            assert not [name for name in network._engine.toxics.proxies() if "~" in name]
            return history

    return replayed


def edge(upstream: str) -> LinkSpec:
    return LinkSpec(name="edge", upstream=upstream)


def step(step_id: str, due_s: float = 0.0, barrier: str | None = None) -> Step:
    request = Request(method="GET", target=f"/{step_id}")
    return Step(id=step_id, due_s=due_s, session=step_id, route="GET /{step}", request=request, barrier=barrier)


def slow(latency_ms: int = 200, **place: object) -> Fault:
    return Fault(id="f", link="edge", kind="slow", args={"latency_ms": latency_ms}, **place)


def test_a_burst_is_sent_together_though_one_of_it_is_on_a_lane(replayed):
    async def check():
        burst = [step(f"s{number}", barrier="b") for number in range(8)]
        history = await replayed(burst, slow(at=At(while_="s3")))
        assert [receipt.steps for receipt in history.receipts] == [("s3",)]
        last_s = max(outcome.sent_s for outcome in history.outcomes)
        assert last_s < min(outcome.first_byte_s for outcome in history.outcomes)
        assert [outcome.fate for outcome in history.outcomes] == ["ok"] * 8
        late = {outcome.step for outcome in history.outcomes if outcome.ended_s - outcome.sent_s > 0.15}
        assert "s3" in late

    asyncio.run(check())


@pytest.mark.parametrize("last_s", [0.0, 0.3])
def test_a_fault_that_lasts_the_whole_run_hits_its_last_step_too(replayed, last_s):
    async def check():
        steps = [step("s1"), step("s2", last_s)]
        history = await replayed(steps, slow(50, window=Window()), run_s=last_s)
        (receipt,) = history.receipts
        assert (receipt.hit, receipt.steps) == (True, ("s1", "s2"))

    asyncio.run(check())


def test_what_is_on_a_lane_when_the_run_is_stopped_ends_by_itself(replayed):
    async def check():
        steps = [step("s1"), step("s2", 20.0)]
        history = await replayed(steps, slow(9000, window=Window()), run_s=20.0, stop=True)
        first = history.outcome("s1")
        assert first.fate == "ok"
        assert first.ended_s < 8.0

    asyncio.run(check())


@pytest.mark.parametrize(("hit", "ends"), [(1, ["reset", None]), (2, [None])])
def test_the_attempt_that_is_to_be_hit_is_and_a_retry_gets_through(replayed, hit, ends):
    async def check():
        fault = Fault(id="f", link="edge", kind="reset", at=At(while_="s1", attempt=hit))
        header = Header(name="p", retry=Retry(backoff="fixed", pause_s=0.01))
        history = await replayed([step("s1"), step("s2", 0.1)], fault, header=header)
        assert [attempt.error for attempt in history.outcome("s1").attempts] == ends
        assert [outcome.fate for outcome in history.outcomes] == ["ok", "ok"]
        assert [receipt.hits for receipt in history.receipts] == [int(hit == 1)]

    asyncio.run(check())
