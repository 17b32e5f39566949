"""Closing reads are sent until two rounds in a row were answered alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from replayer.plan import Budget, Request
from replayer.target import Target
from scenarios.closing import read_closing
from scenarios.resources.closing import Read
from scenarios.resources.view import View

READS = tuple(Read(f"GET /{name}", "a", Request(method="GET", target=f"/{name}"), ()) for name in ("one", "two"))


def closed_by(say: Callable[[str, int], bytes]) -> tuple[View, ...]:
    """What READS come to on a server that says `say(target, nth request for it)`."""
    asked: dict[str, int] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            target = head.split()[1].decode()
            asked[target] = asked.get(target, 0) + 1
            body = say(target, asked[target])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> tuple[View, ...]:
        server = await asyncio.start_server(quietly, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await read_closing(READS, Target.parse(f"http://127.0.0.1:{port}"), Budget(), settle_s=0.0)

    return asyncio.run(run())


def test_two_rounds_that_are_alike_are_enough():
    one, two = closed_by(lambda target, nth: target.encode())
    assert (one.answer.body, two.answer.body) == (b"/one", b"/two")
    assert [(view.reads, view.settled, view.said) for view in (one, two)] == [(2, True, True)] * 2


def test_a_state_that_still_moves_is_read_again():
    one, two = closed_by(lambda target, nth: b"pending" if target == "/two" and nth == 1 else b"paid")
    assert [(view.answer.body, view.reads, view.settled) for view in (one, two)] == [(b"paid", 3, True)] * 2


def test_what_never_comes_twice_is_told_as_unsettled():
    one, two = closed_by(lambda target, nth: str(nth).encode() if target == "/two" else b"")
    assert (one.settled, two.settled) == (True, False)
    assert two.reads == 4


def test_nothing_to_read_is_nothing_sent():
    assert asyncio.run(read_closing((), Target.parse("http://127.0.0.1:9"), Budget(), settle_s=0.0)) == ()
