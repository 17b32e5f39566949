import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import pytest
import uvloop

from faults.call import Calls
from faults.effects import Met
from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from foreshock.errors import HarnessError, UsageError
from replayer.engine import replay
from replayer.outcome import History, Outcome
from replayer.plan import Budget, Header, Step

Make = Callable[..., Step]
HEADER = Header(name="p")
ZIPPED = gzip.compress(b"ok", mtime=0)  # the same in every process: it names a test


def outcome(history: History, step: str) -> Outcome:
    found = history.outcome(step)
    assert found is not None
    return found


def hasty(step_timeout_s: float = 0.3, body_bytes: int = 1 << 20) -> Header:
    return Header(name="p", budget=Budget(step_timeout_s=step_timeout_s, body_bytes=body_bytes))


def against(serving: Callable, behave: Callable, steps: object, header: Header = HEADER, **more: object) -> tuple:  # type: ignore[type-arg]
    """(history, server) of replaying `steps` against a server that behaves like `behave`."""

    async def run() -> tuple:  # type: ignore[type-arg]
        async with serving(behave) as server:
            return await replay(header, steps, server.url, **more), server

    return asyncio.run(run())


def test_a_slow_session_does_not_delay_what_others_send(serving: Callable, step: Make, response: Callable) -> None:
    async def slow_for_some(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in request:
            await asyncio.sleep(0.4)
        writer.write(response())

    steps = [step("s0", 0.0, "tortoise", target="/slow")]
    steps += [step(f"s{number}", number / 100, f"hare{number % 3}") for number in range(1, 31)]
    history, _ = against(serving, slow_for_some, steps)
    fast = [one for one in history.outcomes if one.session != "tortoise"]
    assert outcome(history, "s0").latency_s > 0.4
    assert max(one.ended_s for one in fast) < 0.4
    assert sorted(one.lateness_s for one in fast)[15] < 0.01
    assert all(one.hold_s == 0 for one in fast)


def test_a_step_waits_for_what_it_follows_and_that_is_hold_not_lateness(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(response())

    history, _ = against(serving, slow, [step("s1"), step("s2", 0.05, after=("s1",))])
    first, second = outcome(history, "s1"), outcome(history, "s2")
    assert second.ready_s == first.ended_s
    assert second.hold_s == pytest.approx(first.ended_s - 0.05)
    assert second.lateness_s < 0.1
    assert second.latency_s > 0.35


def test_a_bound_value_is_what_the_answer_said_this_time(serving: Callable, step: Make, response: Callable) -> None:
    async def mint(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b'{"id": 4711}', 'ETag: "v9"', "Set-Cookie: sid=fresh; Path=/", status="201 Created"))

    json = ("Content-Type", "application/json")
    bound = step(
        "s2",
        method="PUT",
        target="/orders/7?order=7",
        headers=(json, ("If-Match", '"v1"'), ("Cookie", "sid=old")),
        body='{"order_id": 7, "ref": "7"}',
        bound=(
            ("path:1", "s1", "json:$.id"),
            ("query:order", "s1", "json:$.id"),
            ("json:$.order_id", "s1", "json:$.id"),
            ("json:$.ref", "s1", "json:$.id"),
            ("header:If-Match", "s1", "header:ETag"),
            ("cookie:sid", "s1", "cookie:sid"),
        ),
    )
    _, server = against(serving, mint, [step("s1"), bound])
    head, _, body = server.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /orders/4711?order=4711 HTTP/1.1\r\n")
    assert b'If-Match: "v9"' in head
    assert b"Cookie: sid=fresh" in head
    assert body == b'{"order_id": 4711, "ref": "4711"}'


def test_a_step_whose_binding_has_no_value_is_not_sent_and_says_why_and_others_go_on(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [
        step("s1"),
        step("s2", target="/orders/7", bound=(("path:1", "s1", "json:$.id"),)),
        step("s3", target="/orders/7/pay", bound=(("path:1", "s2", "json:$.id"),)),
        step("s4", after=("s3",)),
    ]
    history, server = against(serving, says(response(b"{}")), steps)
    assert outcome(history, "s2").not_sent == ("unbound: path:1 needs json:$.id of s1, which answered 200 without it")
    assert outcome(history, "s3").not_sent == "unbound: path:1 needs json:$.id of s2, which ended with not being sent"
    assert outcome(history, "s2").fate is None
    assert outcome(history, "s4").status == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 200, "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 200, "cut"),
        (b"HTTP/1.1 200 O", None, "cut"),
        (b"", None, "reset"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", None, "garbage: Expected HTTP/, RTSP/ or ICE/"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, None, "garbage: no end of the headers within 262144 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", None, "garbage: Invalid character in Content-Length"),
    ],
)
def test_an_answer_that_does_not_come_whole_is_unknown_with_its_reason(
    serving: Callable, step: Make, answer: bytes, status: int | None, error: str
) -> None:
    async def go_away(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    history, _ = against(serving, go_away, [step("s1")])
    (attempt,) = outcome(history, "s1").attempts
    assert (attempt.status, attempt.error, outcome(history, "s1").fate) == (status, error, "unknown")


def test_silence_and_endless_bodies_end_with_the_steps_time(serving: Callable, step: Make) -> None:
    async def never_done(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/endless" in request:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()
        await asyncio.sleep(60)

    steps = [step("s1"), step("s2", session="b", target="/endless")]
    history, _ = against(serving, never_done, steps, hasty(0.3, body_bytes=5000))
    silent, endless = outcome(history, "s1"), outcome(history, "s2")
    assert [silent.attempts[0].error, endless.attempts[0].error] == ["timeout", "timeout"]
    assert [silent.fate, endless.fate] == ["unknown", "unknown"]
    assert 0.3 <= silent.ended_s - silent.sent_s < 1.0
    assert endless.answer is not None
    assert (len(endless.answer.body), endless.answer.status) == (5000, 200)
    assert endless.answer.body_bytes > 5000


def test_a_refused_connection_is_an_outcome(step: Make) -> None:
    history = asyncio.run(replay(HEADER, [step("s1")], "http://127.0.0.1:1"))
    assert outcome(history, "s1").attempts[0].error == "refused"
    assert outcome(history, "s1").fate == "unknown"


def test_a_session_keeps_its_connection_and_opens_another_for_a_concurrent_request(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(response())

    chained = [step("s1"), step("s2", after=("s1",)), step("s3", after=("s2",))]
    _, server = against(serving, slow, chained)
    assert server.connections == 1
    _, server = against(serving, slow, [step("s1"), step("s2")])
    assert server.connections == 2


def test_a_connection_that_closes_under_a_reused_request_is_unknown_and_nothing_is_sent_again(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def once(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/second" in request:
            writer.close()
        else:
            writer.write(response())

    history, server = against(serving, once, [step("s1"), step("s2", target="/second", after=("s1",))])
    assert outcome(history, "s2").attempts[0].error == "reset"
    assert outcome(history, "s2").fate == "unknown"
    assert len(server.requests) == 2


def test_a_connection_that_closed_while_it_was_free_is_replaced_for_nothing_was_sent_on_it(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def closing(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response())
        writer.close()

    history, server = against(serving, closing, [step("s1"), step("s2", 0.2, after=("s1",))])
    assert [one.status for one in history.outcomes] == [200, 200]
    assert server.connections == 2


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_connection_that_closed_before_the_request_was_sent_is_replaced_though_the_loop_has_not_heard_of_it_yet(
    step: Make, response: Callable, run: Callable
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done, closed = threading.Event(), threading.Event()

        def serve() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                with client:
                    client.recv(4096)
                    client.sendall(response())
                    done.wait(5)
                closed.set()

        def while_the_loop_waits(_: Outcome) -> None:
            done.set()
            closed.wait(5)

        server = threading.Thread(target=serve)
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        steps = [step("s1"), step("s2", after=("s1",))]
        history = run(replay(HEADER, steps, url, on_outcome=while_the_loop_waits))
        server.join()
    assert [one.status for one in history.outcomes] == [200, 200]


@pytest.mark.parametrize(
    ("method", "answer", "body"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n", b"ok"),
        (
            "GET",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + ZIPPED,
            b"ok",
        ),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\n\x8b\x00\x80ok\x03", b"ok"),
    ],
)
def test_a_response_is_whole_when_http_says_so_and_the_connection_is_kept(
    serving: Callable, step: Make, says: Callable, method: str, answer: bytes, body: bytes
) -> None:
    steps = [step("s1", method=method), step("s2", method=method, after=("s1",))]
    history, server = against(serving, says(answer), steps)
    for one in history.outcomes:
        assert one.attempts[0].error is None
        assert one.answer.body == body
    assert server.connections == 1


def test_a_body_without_a_length_ends_with_its_connection(serving: Callable, step: Make) -> None:
    async def until_closed(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    history, _ = against(serving, until_closed, [step("s1")])
    assert outcome(history, "s1").answer.body == b"all of it"
    assert outcome(history, "s1").fate == "ok"


def test_steps_of_a_barrier_are_withheld_until_the_last_is_ready_and_then_arrive_together(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def slow_login(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/login" in request:
            await asyncio.sleep(0.3)
        writer.write(response())

    steps = [
        step("s1", target="/login"),
        step("s2", 0.1, "b", barrier="b1"),
        step("s3", 0.1, "c", method="GET", barrier="b1"),
        step("s4", 0.1, "a", barrier="b1", after=("s1",)),
        step("s5", 0.2, "d"),
    ]
    history, server = against(serving, slow_login, steps)
    together = [outcome(history, one) for one in ("s2", "s3", "s4")]
    released_s = outcome(history, "s1").ended_s
    assert all(one.ready_s == pytest.approx(released_s) for one in together)
    assert max(one.sent_s for one in together) - min(one.sent_s for one in together) < 0.02
    assert outcome(history, "s5").ended_s < released_s
    assert max(server.at_s[-3:]) - min(server.at_s[-3:]) < 0.05


def test_a_step_that_cannot_be_sent_leaves_its_barrier(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [
        step("s1"),
        step("s2", 0.1, "b", barrier="b1", target="/orders/1", bound=(("path:1", "s1", "json:$.id"),)),
        step("s3", 0.1, "c", barrier="b1"),
    ]
    history, _ = against(serving, says(response()), steps)
    assert outcome(history, "s2").not_sent
    assert outcome(history, "s3").status == 200


def test_a_barrier_whose_steps_wait_for_each_other_opens_when_a_steps_time_is_up(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [step("s1", 0.0, barrier="b1"), step("s2", 0.0, "b", barrier="b1", after=("s1",))]
    history, _ = against(serving, says(response()), steps, hasty(0.2))
    assert [one.status for one in history.outcomes] == [200, 200]


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
            await asyncio.sleep(0.1)

    async def before_step(self, step: str) -> None:
        self.told.append(f"before {step}")
        if step == self.failing:
            raise HarnessError("the proxy is gone")
        if step in self.slow:
            await asyncio.sleep(0.1)

    def headers(self, step: str, attempt: int) -> tuple[tuple[str, str], ...]:
        return (("Traceparent", f"of-{step}-{attempt}"),)

    async def lane(self, step: str, attempt: int, due_s: float) -> str | None:
        return self.lanes.get(step)

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
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor()
    steps = [step("s1"), step("s2", after=("s1",)), step("s3", bound=(("path:0", "s1", "json:$.no"),), after=("s2",))]
    history, _ = against(serving, says(response()), steps, conductor=conductor)
    assert conductor.told == ["start", "before s1", "after s1", "before s2", "after s2", "heal"]
    assert history.fault_events == conductor.events
    assert [receipt.fault for receipt in history.receipts] == ["f1"]


def test_what_switching_takes_is_hold_and_not_our_lateness(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor(slow=("start", "s2"))
    history, _ = against(
        serving, says(response()), [step("s1"), step("s2", 0.2)], conductor=conductor, anchor=Anchor.now()
    )
    for one in history.outcomes:
        assert one.hold_s >= 0.1
        assert one.lateness_s < 0.08


def test_an_attempt_carries_what_the_conductor_says_in_the_place_of_what_was_recorded(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    recorded = step("s1", headers=(("traceparent", "of-production"), ("Accept", "*/*")))
    _, server = against(serving, says(response()), [recorded], conductor=Conductor())
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
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    conductor = Conductor(failing="s2")
    with pytest.raises(HarnessError, match="the proxy is gone"):
        against(serving, says(response()), [step("s1"), step("s2", 0.1), step("s3", 5.0)], conductor=conductor)
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


def test_a_stopped_run_sends_nothing_more_and_lets_what_is_on_its_way_end(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def run() -> History:
        stop = asyncio.Event()

        async def stopping(_: bytes, writer: asyncio.StreamWriter) -> None:
            stop.set()
            await asyncio.sleep(0.1)
            writer.write(response())

        async with serving(stopping) as server:
            return await replay(HEADER, [step("s1"), step("s2", 0.4), step("s3", 60.0)], server.url, stop=stop)

    history = asyncio.run(run())
    assert outcome(history, "s1").status == 200
    assert outcome(history, "s2").not_sent.startswith("stopped: ")
    assert history.outcome("s3") is None


def test_steps_are_read_only_a_little_ahead_of_the_clock(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    read: list[str] = []
    ended: list[str] = []

    def stream() -> Iterator[Step]:
        for one in [step("s1"), step("s2", 0.1), step("s3", 0.9), step("s4", 0.95)]:
            read.append(one.id)
            yield one

    def on_outcome(one: Outcome) -> None:
        ended.append(one.step)
        if one.step == "s2":
            assert read == ["s1", "s2", "s3"]

    history, _ = against(serving, says(response()), stream(), on_outcome=on_outcome)
    assert ended == ["s1", "s2", "s3", "s4"] == [one.step for one in history.outcomes]


def test_an_answer_past_the_horizon_is_said_to_be(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    header = Header(name="p", budget=Budget(horizon_steps=1))
    steps = [step("s1"), step("s2", 0.1), step("s3", 0.2, target="/1", bound=(("path:0", "s1", "json:$.id"),))]
    history, _ = against(serving, says(response(b'{"id": 1}')), iter(steps), header)
    assert "past the horizon" in outcome(history, "s3").not_sent


def test_a_request_that_would_break_out_of_its_place_is_not_sent(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [step("s1", headers=(("X-A", "1\r\nX-B: 2"),)), step("s2", target="/a b")]
    history, server = against(serving, says(response()), steps)
    assert [one.not_sent.partition(":")[0] for one in history.outcomes] == ["unsendable", "unsendable"]
    assert server.requests == []


@pytest.mark.parametrize("target", ["ftp://host", "127.0.0.1:80", "http://", "http://host:x", "http://host/?a=1"])
def test_a_target_that_is_no_url_is_refused(step: Make, target: str) -> None:
    with pytest.raises(UsageError, match="target="):
        asyncio.run(replay(HEADER, [step("s1")], target))


def test_lateness_is_well_below_a_millisecond_at_the_median(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [step(f"s{number}", number / 200, f"u{number % 10}") for number in range(100)]
    history, _ = against(serving, says(response()), steps)
    lateness = sorted(one.lateness_s for one in history.outcomes)
    assert lateness[50] < 0.005  # on two busy cores; well below 1 ms on an idle machine


def test_a_connection_that_ends_as_soon_as_it_is_open_is_a_reset(step: Make) -> None:
    """As a proxy does whose upstream is out of reach; on uvloop, which tells of the end before the opening is over."""
    steps = [step(f"s{number}", 0.0, f"session {number}") for number in range(50)]
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):

        def slam() -> None:
            for _ in steps:
                listener.accept()[0].close()

        slamming = threading.Thread(target=slam)
        slamming.start()
        history = runner.run(replay(HEADER, steps, f"http://127.0.0.1:{listener.getsockname()[1]}"))
        slamming.join()
    assert {one.attempts[0].error for one in history.outcomes} == {"reset"}
