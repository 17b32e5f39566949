import asyncio
import contextlib

import pytest

from replayer.wire.idling import Idle

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Seen:
    """A server that keeps what came on each connection, and answers each head with `answer`."""

    def __init__(self, answer: bytes = OK) -> None:
        self.answer = answer
        self.connections: list[bytearray] = []
        self.ended = asyncio.Event()  # a client has closed

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came = bytearray()
        self.connections.append(came)
        while data := await reader.read(1 << 16):
            came += data
            if bytes(came).endswith((b"\r\n\r\n", b"}")):
                writer.write(self.answer)
        self.ended.set()


def test_steps_of_one_recorded_connection_share_one_and_two_are_two(listening, wire, step):
    async def run():
        seen = Seen()
        async with listening(seen.talk) as url, wire(url) as client:
            for name, connection in [("s1", "c1"), ("s2", "c2"), ("s3", "c1"), ("s4", "c2"), ("s5", "")]:
                await client.send(step(name, target=f"/{name}", connection=connection))
        return [[line.split()[1] for line in bytes(came).split(b"\r\n\r\n") if line] for came in seen.connections]

    assert asyncio.run(run()) == [[b"/s1", b"/s3"], [b"/s2", b"/s4"], [b"/s5"]]


def test_a_connection_that_its_client_closed_is_closed_politely_and_says_so_where_the_client_did(listening, wire, step):
    async def run():
        seen = Seen()
        async with listening(seen.talk) as url, wire(url) as client:
            await client.send(step("s1", closes=True))
            await asyncio.wait_for(seen.ended.wait(), 2)  # not by a reset: the server reads its end
            await client.send(step("s2", closes=True, headers=(("Connection", "close"),)))
        return seen.connections

    quiet, said = asyncio.run(run())
    assert b"Connection" not in quiet
    assert b"Connection: close\r\n" in said


def test_who_wants_a_connection_that_is_not_free_yet_gets_another(listening, wire, step):
    async def run():
        seen = Seen()
        async with listening(seen.talk) as url, wire(url) as client:
            await client.all([step("s1"), step("s2")])
            await client.send(step("s3"))
        return len(seen.connections)

    assert asyncio.run(run()) == 2


def test_a_body_without_a_length_goes_in_chunks_with_its_trailers(listening, wire, step):
    async def run():
        seen = Seen()
        async with listening(seen.talk) as url, wire(url) as client:
            one = step(method="POST", body=b'{"a": 1}', chunked=True, trailers=(("X-Sum", "9"),))
            assert (await client.send(one))[0].status == 200
        return bytes(seen.connections[0])

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked\r\nTrailer: X-Sum" in head
    assert b"Content-Length" not in head
    assert body == b'8\r\n{"a": 1}\r\n0\r\nX-Sum: 9\r\n\r\n'


def test_trailers_of_a_response_are_in_the_answer(listening, wire, step):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n"

    async def run():
        async with listening(Seen(answer).talk) as url, wire(url) as client:
            return await client.send(step())

    _, answer = asyncio.run(run())
    assert (answer.body, answer.trailers) == (b"ok", (("X-A", "1"), ("X-B", "2")))


def expecting(answers: list[bytes], pause_s: float = 0.0):
    """A server that answers to a head with the first of `answers`, and to a body with the second."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Expect: 100-continue" in head
        if answers[0]:
            writer.write(answers[0])
        came = await reader.read(100)
        if came:
            writer.write(answers[1])
            await reader.read(100)

    return talk


@pytest.mark.parametrize(
    ("answers", "status", "least_s", "most_s"),
    [
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], 200, 0.0, 0.8),
        ([b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", OK], 200, 0.0, 0.8),
        ([b"", OK], 200, 1.0, 1.8),  # an old server knows no 100: after a while the body is sent all the same
        ([b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", b""], 417, 0.0, 0.8),
    ],
)
def test_a_body_waits_for_100_or_a_while_and_is_not_sent_after_an_answer(
    listening, wire, step, answers, status, least_s, most_s
):
    async def run():
        async with listening(expecting(answers)) as url, wire(url, timeout_s=3.0) as client:
            attempt, _ = await client.send(step(method="POST", body=b"{}", expects=True))
            assert (attempt.status, attempt.error) == (status, None)
            assert least_s <= attempt.ended_s - attempt.sent_s < most_s

    asyncio.run(run())


def test_a_second_response_that_nobody_asked_for_is_nobodys(listening, wire, step):
    async def run():
        count = 0

        async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + OK.replace(b"ok", b"no") if count == 1 else OK)
            await reader.read()

        async with listening(twice) as url, wire(url) as client:
            answers = [await client.send(step("s1")), await client.send(step("s2"))]
            return count, [answer.body for _, answer in answers]

    assert asyncio.run(run()) == (2, [b"ok", b"ok"])


def test_a_body_after_the_answer_to_head_is_nobodys(listening, wire, step):
    async def run():
        async with listening(Seen().talk) as url, wire(url) as client:
            attempt, answer = await client.send(step("s1", method="HEAD"))
            assert (attempt.error, answer.body) == (None, b"")
            assert (await client.send(step("s2")))[1].body == b"ok"

    asyncio.run(run())


def test_an_answer_before_the_body_is_read_is_the_answer_even_if_a_reset_follows(listening, wire, step):
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        # closed with most of the body unread: the kernel sends a reset after the answer

    async def run():
        async with listening(early) as url, wire(url) as client:
            return await client.send(step(method="POST", body=b"x" * 30_000_000))

    attempt, answer = asyncio.run(run())
    assert (attempt.status, attempt.error, answer.body) == (413, None, b"no")


def test_beyond_the_limit_the_connection_unused_for_longest_is_closed():
    class Connection:
        closed = False

        def close(self) -> None:
            self.closed = True

    idle = Idle(2)
    _, two, three = connections = [Connection() for _ in range(3)]
    for number, connection in enumerate(connections):
        idle.put(("a", str(number)), connection)
    assert [connection.closed for connection in connections] == [True, False, False]
    assert (idle.pop(("a", "0")), idle.pop(("a", "1"))) == (None, two)
    idle.drop(three)
    assert idle.pop(("a", "2")) is None
