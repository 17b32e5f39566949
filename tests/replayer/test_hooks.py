"""The engine and whoever switches the faults: asked before, told after, and healed on every way out."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from faults.call import Calls
from faults.effects import Met
from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from foreshock.errors import HarnessError
from replayer.engine import replay
from replayer.outcome import History
from replayer.plan import Header, Retry, Step

Make = Callable[..., Step]
HEADER = Header(name="p")


class Conductor:
    """Writes down what it is told; `before_step` takes a while for the steps in `slow`."""

    def __init__(
        self, slow: tuple[str, ...] = (), failing: str = "", lanes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.told: list[str] = []
        self.lanes = lanes
        self.healed = asyncio.Event()
        self.met: dict[tuple[str, int], Met] = {}
        self.slow = slow
        self.failing = failing
        self.events = (FaultEvent(t_s=0.0, fault="f1", link="payments", event="on"),)

    async def start(self) -> None:
        self.told.append("start")
        if "start" in self.slow:
            await asyncio.sleep(0.05)

    async def before_step(self, step: str) -> None:
        self.told.append(f"before {step}")
        if step == self.failing:
            raise HarnessError("the proxy is gone")
        if step in self.slow:
            await asyncio.sleep(0.05)

    def headers(self, step: str, attempt: int) -> tuple[tuple[str, str], ...]:
        return (("Traceparent", f"of-{step}-{attempt}"),)

    async def lane(self, step: str, attempt: int, due_s: float) -> str | None:
        return self.lanes.get(step)

    async def after_attempt(self, step: str, attempt: int, met: Met) -> None:
        self.told.append(f"again {step}")
        self.met[step, attempt] = met

    async def after_step(self, step: str, attempt: int, met: Met) -> None:
        self.told.append(f"after {step}")
        self.met[step, attempt] = met

    async def heal(self, *, under_way: bool = False) -> None:
        self.told.append("heal")
        self.healed.set()

    async def receipts(self) -> tuple[Receipt, ...]:
        return (Receipt(fault="f1", link="payments"),)

    async def calls(self) -> Calls:
        return Calls()


def test_the_conductor_is_told_of_every_step_and_heals_at_the_end(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor()
    steps = [step("s1"), step("s2", after=("s1",)), step("s3", bound=(("path:0", "s1", "json:$.no"),), after=("s2",))]
    history, _ = against(says(response()), steps, conductor=conductor)
    assert conductor.told == ["start", "before s1", "after s1", "before s2", "after s2", "heal"]
    assert history.fault_events == conductor.events
    assert [receipt.fault for receipt in history.receipts] == ["f1"]


def test_what_switching_takes_is_hold_and_not_our_lateness(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor(slow=("start", "s2"))
    history, _ = against(says(response()), [step("s1"), step("s2", 0.1)], conductor=conductor, anchor=Anchor.now())
    for one in history.outcomes:
        assert one.hold_s >= 0.05
        assert one.held == "faults"
        assert one.lateness_s == pytest.approx(one.sent_s - one.ready_s)


def test_an_attempt_carries_what_the_conductor_says_in_the_place_of_what_was_recorded(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    recorded = step("s1", headers=(("traceparent", "of-production"), ("Accept", "*/*")))
    _, server = against(says(response()), [recorded], conductor=Conductor())
    head = server.requests[0].lower()
    assert b"traceparent: of-s1-1" in head
    assert b"of-production" not in head
    assert b"accept: */*" in head


def test_an_attempt_takes_its_lane_on_a_connection_that_nothing_else_is_sent_on(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def run() -> tuple[History, Conductor, int, list[bytes], list[bytes]]:
        peers: set[object] = set()

        async def noting(_: bytes, writer: asyncio.StreamWriter) -> None:
            peers.add(writer.get_extra_info("peername"))
            writer.write(response())

        async with serving(noting) as target, serving(noting) as lane:
            conductor = Conductor(lanes={"s2": lane.url.removeprefix("http://"), "s4": "127.0.0.1:1"})
            steps = [
                step(f"s{number}", number / 100, after=(f"s{number - 1}",) * (number > 1)) for number in (1, 2, 3, 4)
            ]
            history = await replay(HEADER, steps, target.url, conductor=conductor)
            return history, conductor, len(peers), target.requests, lane.requests

    history, conductor, connections, on_target, on_lane = asyncio.run(run())
    assert [one.status for one in history.outcomes] == [200, 200, 200, None]
    assert len(on_target) == 2
    assert len(on_lane) == 1
    assert on_target[0].partition(b"Host: ")[2].split()[0] == on_lane[0].partition(b"Host: ")[2].split()[0]
    assert connections == 2
    assert {key: met.error for key, met in conductor.met.items()} == {
        ("s1", 1): None,
        ("s2", 1): None,
        ("s3", 1): None,
        ("s4", 1): "refused",
    }


def test_a_stopped_run_is_healed_before_what_is_on_its_way_has_ended(
    serving: Callable, step: Make, response: Callable
) -> None:
    conductor = Conductor()

    async def run() -> None:
        stop = asyncio.Event()

        async def until_healed(_: bytes, writer: asyncio.StreamWriter) -> None:
            stop.set()
            await conductor.healed.wait()
            writer.write(response())

        async with serving(until_healed) as server:
            await replay(HEADER, [step("s1")], server.url, conductor=conductor, stop=stop)

    asyncio.run(run())
    assert conductor.told.index("heal") < conductor.told.index("after s1")


def test_a_conductor_that_fails_ends_the_run_with_its_own_error_and_is_healed(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor(failing="s2")
    with pytest.raises(HarnessError, match="the proxy is gone"):
        against(says(response()), [step("s1"), step("s2", 0.1), step("s3", 5.0)], conductor=conductor)
    assert conductor.told[-1] == "heal"


def test_a_cancelled_run_is_healed(serving: Callable, step: Make, says: Callable, response: Callable) -> None:
    conductor = Conductor()

    async def run() -> None:
        async with serving(says(response())) as server:
            one_ended = asyncio.Event()
            steps = [step("s1"), step("s2", 60.0)]
            going = replay(HEADER, steps, server.url, conductor=conductor, on_outcome=lambda _: one_ended.set())
            running = asyncio.create_task(going)
            await one_ended.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    asyncio.run(run())
    assert conductor.told[-1] == "heal"


def test_every_attempt_is_asked_for_and_told_of_and_the_step_ends_once(
    against: Callable, step: Make, response: Callable
) -> None:
    answers = [response(b"", status="503 Service Unavailable"), response()]

    async def busy_once(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    conductor = Conductor()
    header = Header(name="p", retry=Retry(backoff="fixed", pause_s=0.0))
    _, server = against(busy_once, [step("s1", method="GET")], header, conductor=conductor)
    assert conductor.told == ["start", "before s1", "again s1", "after s1", "heal"]
    assert sorted(conductor.met) == [("s1", 1), ("s1", 2)]
    assert b"Traceparent: of-s1-1" in server.requests[0]
    assert b"Traceparent: of-s1-2" in server.requests[1]
