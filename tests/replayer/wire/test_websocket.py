import asyncio
import zlib
from collections.abc import Callable

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.events import (
    Message as Part,
)
from wsproto.extensions import PerMessageDeflate

from replayer.engine import replay
from replayer.plan import Body, Header, Message
from replayer.wire.http1text import Unsendable

Handle = Callable[["WsServer", Event], None]


def said(at_s: float, text: str) -> Message:
    return Message(at_s=at_s, body=Body(text=text))


def heard(at_s: float = 0.0) -> Message:
    return Message(at_s=at_s, from_client=False)


class WsServer:
    """A WebSocket's server: `handle` is told every event; `raw` goes out after the opening, as it is."""

    def __init__(self, handle: Handle, *, raw: bytes = b"", deflate: bool = False, rude: bool = False) -> None:
        self.handle, self.raw, self.deflate, self.rude = handle, raw, deflate, rude
        self.ws = WSConnection(ConnectionType.SERVER)
        self.request: Request | None = None
        self.events: list[Event] = []
        self.at_s: list[float] = []
        self.writer: asyncio.StreamWriter

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        while data := await reader.read(1 << 16):
            self.ws.receive_data(data)
            for event in self.ws.events():
                self.events.append(event)
                self.at_s.append(asyncio.get_running_loop().time())
                if isinstance(event, Request):
                    self.request = event
                    self.open(event)
                elif isinstance(event, CloseConnection):
                    if self.rude:
                        await asyncio.sleep(60)
                    self.send(event.response())
                    return
                self.handle(self, event)

    def open(self, request: Request) -> None:
        if self.handle is refuses:
            return
        extensions = [PerMessageDeflate()] if self.deflate else []
        self.send(AcceptConnection(extensions=extensions))
        self.writer.write(self.raw)

    def send(self, event: Event) -> None:
        self.writer.write(self.ws.send(event))

    @property
    def texts(self) -> list[str]:
        return [event.data for event in self.events if isinstance(event, TextMessage)]


def silent(_: WsServer, __: Event) -> None:
    pass


def echo(server: WsServer, event: Event) -> None:
    if isinstance(event, Part):
        server.send(type(event)(data=event.data))


def refuses(server: WsServer, event: Event) -> None:
    server.send(RejectConnection(status_code=401, headers=[(b"Content-Length", b"2")], has_body=True))
    server.send(RejectData(data=b"no"))


@pytest.fixture
def over_ws(listening, wire, step):
    """(handle, messages) -> (attempt, answer, server)."""

    def over_ws(handle: Handle, *messages: Message, lasts_s=0.0, headers=(), served=None, **more):
        async def run():
            server = WsServer(handle, **(served or {}))
            async with listening(server.talk) as url, wire(url, **more) as client:
                one = step(protocol="websocket", target="/feed", messages=messages, lasts_s=lasts_s, headers=headers)
                return (*(await client.send(one)), server)

        return asyncio.run(run())

    return over_ws


def test_messages_go_and_come_and_the_socket_is_closed_as_its_client_did(over_ws):
    binary = Message(at_s=0.0, binary=True, body=Body(base64="/wA="))
    headers = (("Origin", "https://shop.example"), ("Sec-WebSocket-Key", "old"), ("Sec-WebSocket-Protocol", "chat"))
    attempt, answer, server = over_ws(echo, said(0.0, "héllo"), heard(), binary, heard(), headers=headers)
    assert (attempt.status, attempt.error, attempt.protocol) == (101, None, "websocket")
    assert [(one.binary, one.body, one.body_bytes) for one in answer.messages] == [
        (False, "héllo".encode(), 6),
        (True, b"\xff\x00", 2),
    ]
    assert answer.close_code == 1000
    assert (server.request.target, server.request.subprotocols) == ("/feed", ["chat"])
    assert (b"origin", b"https://shop.example") in [
        (name.lower(), value) for name, value in server.request.extra_headers
    ]
    assert isinstance(server.events[-1], CloseConnection)


def test_messages_go_at_their_times_but_not_before_what_their_client_had_waited_for(over_ws):
    def slow(server: WsServer, event: Event) -> None:
        if isinstance(event, TextMessage) and event.data == "a":
            loop = asyncio.get_running_loop()
            loop.call_later(0.2, server.send, TextMessage(data="1"))

    attempt, answer, server = over_ws(slow, said(0.0, "a"), heard(0.01), said(0.02, "b"), said(0.3, "c"))
    assert attempt.error is None
    assert server.texts == ["a", "b", "c"]
    opened_s, a_s, b_s, c_s = server.at_s[:4]
    assert b_s - a_s >= 0.19
    assert c_s - opened_s >= 0.29
    assert answer.messages[0].at_s >= 0.19


def test_a_socket_stays_open_as_long_as_its_client_kept_it_and_pings_are_answered(over_ws):
    def pings(server: WsServer, event: Event) -> None:
        if isinstance(event, Request):
            server.send(Ping(payload=b"x"))

    attempt, answer, server = over_ws(pings, lasts_s=0.3)
    assert 0.3 <= attempt.ended_s - attempt.sent_s < 1.0
    assert (attempt.error, answer.messages, answer.close_code) == (None, (), 1000)
    assert [event.payload for event in server.events if isinstance(event, Pong)] == [b"x"]


def test_its_time_is_as_long_as_it_lasts_and_a_steps_time_more(over_ws):
    attempt, answer, _ = over_ws(silent, said(0.0, "a"), heard(0.1), said(0.1, "b"), lasts_s=0.3, timeout_s=0.3)
    assert 0.6 <= attempt.ended_s - attempt.sent_s < 1.5
    assert attempt.error == "timeout: 0 of 1 messages came that were waited for"
    assert answer.status == 101


def test_compression_is_offered_where_the_client_did_and_messages_come_out_plain(over_ws):
    offer = (("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-other"),)
    attempt, answer, server = over_ws(echo, said(0.0, "a" * 1000), heard(), served={"deflate": True}, headers=offer)
    assert attempt.error is None
    assert answer.messages[0].body == b"a" * 1000
    assert "permessage-deflate" in answer.header("Sec-WebSocket-Extensions")
    _, answer, server = over_ws(echo, said(0.0, "a"), heard())
    assert server.request.extensions == []


def test_of_what_is_heard_the_beginning_is_kept_and_the_rest_counted(over_ws):
    def floods(server: WsServer, event: Event) -> None:
        if isinstance(event, Request):
            for _ in range(11_000):
                server.send(TextMessage(data="abc"))

    _, answer, _ = over_ws(floods, *[heard()] * 11_000, body_bytes=1000)
    assert sum(len(one.body) for one in answer.messages) == 1000
    assert (len(answer.messages), answer.messages_left_out) == (10_000, 1000)
    assert answer.messages[-1].body_bytes == 3


def test_an_opening_that_is_refused_is_an_answer_as_any_other(over_ws):
    attempt, answer, _ = over_ws(refuses, said(0.0, "a"))
    assert (attempt.error, answer.status, answer.body) == (None, 401, b"no")


@pytest.mark.parametrize(
    ("code", "messages", "error"),
    [
        (1011, (), "cut: closed with 1011"),
        (4001, (), None),
        (1000, (said(5.0, "b"),), "cut: closed with 1000, 1 messages unsent"),
    ],
)
def test_a_server_that_closes_is_no_failure_unless_it_says_so_or_left_something_unsaid(over_ws, code, messages, error):
    def closes(server: WsServer, event: Event) -> None:
        if isinstance(event, Request):
            server.send(CloseConnection(code=code))

    attempt, answer, _ = over_ws(closes, *messages, lasts_s=5.0)
    assert (attempt.error, answer.close_code) == (error, code)
    assert attempt.ended_s - attempt.sent_s < 1.0


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"\xff\xff\xff\xff", "garbage: "),
        (b"\x81\x85aaaaa", "garbage: "),  # masked, which a server's frames are not
        (b"\x81\x02\xff\xff", "garbage: "),  # text that is no UTF-8
        (b"\x89\x7e\x01\x00" + b"x" * 256, "garbage: "),  # a ping that is too long
        (b"\xc1\x05" + b"x" * 5, "garbage: "),  # compressed, which nobody agreed on
        (b"HTTP/1.1 200 OK\r\n\r\n", "garbage: "),
    ],
)
def test_frames_that_are_none_are_garbage(over_ws, raw, error):
    attempt, answer, _ = over_ws(silent, served={"raw": raw}, lasts_s=1.0)
    assert attempt.error.startswith(error)
    assert (attempt.status, answer.status) == (101, 101)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            "HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "garbage: ",
        ),
        ("HTTP/1.1 101 Sure\r\n\r\n", "garbage: "),
        ("HTTP/1.1 20", "cut"),
        ("", "reset"),
        ("hello, world\r\n\r\n", "garbage: "),
    ],
)
def test_a_101_that_is_none_is_garbage(listening, wire, step, answer, error):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())

    async def run():
        async with listening(talk) as url, wire(url) as client:
            return await client.send(step(protocol="websocket", messages=(said(0.0, "a"),)))

    attempt, _ = asyncio.run(run())
    assert attempt.error.startswith(error)


def test_a_connection_that_ends_without_a_close_is_cut(over_ws):
    def drops(server: WsServer, event: Event) -> None:
        if isinstance(event, TextMessage):
            server.send(TextMessage(data="half"))
            server.writer.close()

    attempt, answer, _ = over_ws(drops, said(0.0, "a"), lasts_s=5.0)
    assert attempt.error == "cut: it ended without a close"
    assert [one.body for one in answer.messages] == [b"half"]


def test_a_server_that_never_says_goodbye_is_left(over_ws):
    attempt, answer, _ = over_ws(silent, said(0.0, "a"), served={"rude": True})
    assert (attempt.error, answer.close_code) == (None, None)
    assert 1.0 <= attempt.ended_s - attempt.sent_s < 1.8


def test_a_bomb_of_compressed_zeros_costs_no_memory(over_ws):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeeze.compress(bytes(100 << 20)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    frame = b"\xc2\x7f" + (len(bomb) - 4).to_bytes(8) + bomb[:-4]
    offer = (("Sec-WebSocket-Extensions", "permessage-deflate"),)
    attempt, answer, _ = over_ws(
        silent, heard(), served={"raw": frame, "deflate": True}, headers=offer, body_bytes=10, timeout_s=10.0
    )
    assert attempt.error is None
    assert (answer.messages[0].body, answer.messages[0].body_bytes) == (bytes(10), 100 << 20)


def test_a_replay_that_is_stopped_hangs_up(listening, wire, step):
    async def run():
        opened = asyncio.Event()
        server = WsServer(lambda _, event: opened.set() if isinstance(event, TextMessage) else None)
        async with listening(server.talk) as url, wire(url) as client:
            sending = asyncio.create_task(
                client.send(step(protocol="websocket", messages=(said(0.0, "a"),), lasts_s=60.0))
            )
            await asyncio.wait_for(opened.wait(), 5)
            client.connections.hang_up()
            attempt, answer = await asyncio.wait_for(sending, 5)
            return attempt, answer, server.events[-1]

    attempt, answer, last = asyncio.run(run())
    assert (attempt.error, answer.close_code, last.code) == (None, 1001, 1001)


def test_the_engine_hangs_up_when_it_is_stopped(listening, step):
    async def run():
        stop = asyncio.Event()
        server = WsServer(lambda _, event: stop.set() if isinstance(event, TextMessage) else None)
        async with listening(server.talk) as url:
            one = step(protocol="websocket", messages=(said(0.0, "a"),), lasts_s=60.0)
            return await asyncio.wait_for(replay(Header(name="p"), [one], url, stop=stop), 5)

    (outcome,) = asyncio.run(run()).outcomes
    assert (outcome.status, outcome.answer.close_code, outcome.fate) == (101, 1001, "ok")


def test_what_cannot_be_opened_so_is_not_sent(listening, wire, step):
    async def run(**of_step):
        async with wire("http://127.0.0.1:1") as client:
            await client.send(step(protocol="websocket", **of_step))

    with pytest.raises(Unsendable, match=r"^unsupported: a WebSocket that is opened by CONNECT"):
        asyncio.run(run(method="CONNECT"))
    with pytest.raises(Unsendable, match=r"^unsendable: a text message"):
        asyncio.run(run(messages=(Message(at_s=0.0, body=Body(base64="/w==")),)))
