import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import Callable

import pytest
import uvloop

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
    against: Callable, step: Make, answer: bytes, status: int | None, error: str
) -> None:
    async def go_away(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    history, _ = against(go_away, [step("s1")])
    (attempt,) = outcome(history, "s1").attempts
    assert (attempt.status, attempt.error, outcome(history, "s1").fate) == (status, error, "unknown")


def test_silence_and_endless_bodies_end_with_the_steps_time(against: Callable, step: Make) -> None:
    async def never_done(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/endless" in request:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()
        await asyncio.sleep(60)

    steps = [step("s1"), step("s2", session="b", target="/endless")]
    history, _ = against(never_done, steps, hasty(0.3, body_bytes=5000))
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
    assert not outcome(history, "s1").attempts[0].went_out
    assert outcome(history, "s1").fate == "unknown"


def test_a_session_keeps_its_connection_and_opens_another_for_a_concurrent_request(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    chained = [step("s1"), step("s2", after=("s1",)), step("s3", after=("s2",))]
    _, server = against(says(response()), chained)
    assert server.connections == 1
    came: list[asyncio.Event] = []

    async def when_both_came(_: bytes, writer: asyncio.StreamWriter) -> None:
        came.append(asyncio.Event())
        if len(came) == 2:
            came[0].set()
        else:
            await came[0].wait()
        writer.write(response())

    _, server = against(when_both_came, [step("s1"), step("s2")])
    assert server.connections == 2


def test_a_connection_that_closes_under_a_reused_request_is_unknown_and_nothing_is_sent_again(
    against: Callable, step: Make, response: Callable
) -> None:
    async def once(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/second" in request:
            writer.close()
        else:
            writer.write(response())

    history, server = against(once, [step("s1"), step("s2", target="/second", after=("s1",))])
    assert outcome(history, "s2").attempts[0].error == "reset"
    assert outcome(history, "s2").attempts[0].went_out
    assert outcome(history, "s2").fate == "unknown"
    assert len(server.requests) == 2


def test_a_connection_that_closed_while_it_was_free_is_replaced_for_nothing_was_sent_on_it(
    against: Callable, step: Make, response: Callable
) -> None:
    async def closing(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response())
        writer.close()

    history, server = against(closing, [step("s1"), step("s2", 0.2, after=("s1",))])
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
    against: Callable, step: Make, says: Callable, method: str, answer: bytes, body: bytes
) -> None:
    steps = [step("s1", method=method), step("s2", method=method, after=("s1",))]
    history, server = against(says(answer), steps)
    for one in history.outcomes:
        assert one.attempts[0].error is None
        assert one.answer.body == body
    assert server.connections == 1


def test_a_body_without_a_length_ends_with_its_connection(against: Callable, step: Make) -> None:
    async def until_closed(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    history, _ = against(until_closed, [step("s1")])
    assert outcome(history, "s1").answer.body == b"all of it"
    assert outcome(history, "s1").fate == "ok"
