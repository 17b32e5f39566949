"""What servers say, broken at random from a seed: every request has its outcome, and nothing is raised in the loop."""

import asyncio
import random
from collections.abc import Callable

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, TextMessage

from replayer.plan import Body, Message
from replayer.target import Target
from replayer.wire.http1 import Http1
from replayer.wire.http2 import Http2
from replayer.wire.http2stream import Stream
from replayer.wire.payload import payload
from replayer.wire.websocket import WebSocket

TARGET = Target.parse("http://shop.example")
TALK = (Message(at_s=0.0, body=Body(text="a")), Message(at_s=0.0, from_client=False))


class Transport(asyncio.Transport):
    """Takes what is written, and closes when it is told to."""

    def __init__(self) -> None:
        super().__init__({"socket": self})
        self.written = b""
        self.closing = False

    def fileno(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading

    def close(self) -> None:
        self.closing = True

    abort = close


def http1_says(_: bytes) -> bytes:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
    return b"HTTP/1.1 100 Continue\r\n\r\n" + chunked + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def http2_says(asked: bytes) -> bytes:
    h2 = H2Connection(H2Configuration(client_side=False))
    h2.initiate_connection()
    h2.receive_data(asked)
    h2.send_headers(1, [(":status", "103"), ("link", "</a>")])
    h2.send_headers(1, [(":status", "200"), ("x-a", "1")])
    h2.send_data(1, b"hello", pad_length=3)
    h2.ping(b"12345678")
    h2.send_headers(1, [("x-t", "1")], end_stream=True)
    h2.close_connection()
    return bytes(h2.data_to_send())


def websocket_says(asked: bytes) -> bytes:
    server = WSConnection(ConnectionType.SERVER)
    server.receive_data(asked)
    list(server.events())
    said = server.send(AcceptConnection()) + server.send(TextMessage(data="hel", message_finished=False))
    said += server.send(Ping(payload=b"x")) + server.send(TextMessage(data="lo"))
    return said + server.send(CloseConnection(code=1000, reason="bye"))


def broken(said: bytes, dice: random.Random) -> bytes:
    """`said` with a few bytes changed, left out, said twice or thrown in."""
    made = bytearray(said)
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(made))
        end = at + dice.choice((1, 1, 4, 20))
        match dice.randrange(4):
            case 0:
                made[at : at + 1] = bytes((dice.randrange(256),))
            case 1:
                del made[at:end]
            case 2:
                made[end:end] = made[at:end]
            case 3:
                made[at:at] = dice.randbytes(end - at)
        made = made or bytearray(b"x")
    return bytes(made)


async def outcome(protocol: str, says: Callable[[bytes], bytes], step, dice: random.Random) -> str | None:
    transport = Transport()
    connection = {"http/1.1": Http1, "h2": Http2, "websocket": WebSocket}[protocol](lambda: 0.0, lambda _: None)
    connection.connection_made(transport)
    channel = Stream(connection) if isinstance(connection, Http2) else connection
    reply = channel.begin("GET", 100)
    channel.write(payload(step, step.request, TARGET))
    await asyncio.sleep(0)
    said = broken(says(transport.written), dice)
    while said and not transport.closing:
        size = dice.choice((1, 10, 1000))
        connection.data_received(said[:size])
        said = said[size:]
        await asyncio.sleep(0)
    for _ in range(3):
        await asyncio.sleep(0)
    channel.fail("timeout")
    connection.connection_lost(None)
    if isinstance(connection, Http2):
        connection.speaks.exception() if connection.speaks.done() else None
    return (await reply).error


@pytest.mark.parametrize(
    ("protocol", "says"), [("http/1.1", http1_says), ("h2", http2_says), ("websocket", websocket_says)]
)
def test_whatever_is_said_the_request_has_an_outcome_and_nothing_is_raised(step, protocol, says):
    raised: list[object] = []

    async def run() -> set[str | None]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
        one = step(protocol=protocol, messages=TALK if protocol == "websocket" else ())
        return {await outcome(protocol, says, one, random.Random(seed)) for seed in range(1500)}

    errors = asyncio.run(run())
    assert raised == []
    kinds = {(error or "").partition(":")[0] for error in errors}
    assert kinds <= {"", "timeout", "reset", "cut", "garbage", "refused"}
    assert {"", "timeout", "garbage"} <= kinds
