"""A server that speaks what production speaks, over TLS: HTTP/2, WebSocket, event streams, chunked uploads.

    switchboard.py PEM NOTES

listens on a free port of loopback, which it prints, and notes a line for each thing whose count or order matters:
whoever compares the notes of two switchboards knows whether their clients behaved the same. Ids are random.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import ssl
import sys
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

QUESTIONS = 3
EVENTS = 4
SLOW_S = 0.1  # how long an order takes: many are under way at once
EVENT_EVERY_S = 0.03


class Switchboard:
    def __init__(self, notes: Path) -> None:
        self._orders: dict[str, str] = {}  # id -> status
        self._notes = notes.open("w", buffering=1)

    def note(self, *words: object) -> None:
        print(*words, file=self._notes)

    def order(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str]]:
        """POST /orders; GET /orders/ID; POST /payments {"order": ID}."""
        if (method, path) == ("POST", "/orders"):
            made = secrets.token_hex(8)
            self._orders[made] = "open"
            return 201, {"id": made}
        known = json.loads(body)["order"] if path == "/payments" else path.rpartition("/")[2]
        if known not in self._orders:
            return 404, {"error": "no such order"}
        if method == "POST":
            self._orders[known] = "paid"
        return 200, {"id": known, "status": self._orders[known]}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if over == "h2":
                await Http2(self, writer).talk(reader)
            else:
                await Http1(self, reader, writer).talk()
        writer.close()


class Http2:
    """One connection: orders, each of them slow, as many at once as the client wants."""

    def __init__(self, board: Switchboard, writer: asyncio.StreamWriter) -> None:
        self._board = board
        self._writer = writer
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._asked: dict[int, tuple[str, str]] = {}
        self._bodies: dict[int, bytes] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._most = 0

    async def talk(self, reader: asyncio.StreamReader) -> None:
        self._h2.initiate_connection()
        self._flush()
        try:
            while data := await reader.read(1 << 16):
                for event in self._h2.receive_data(data):
                    self._on(event)
                self._flush()
        finally:
            self._board.note("h2", "connection of", len(self._asked), "streams,", self._most, "at once")

    def _on(self, event: object) -> None:
        if isinstance(event, RequestReceived):
            fields = dict(event.headers)
            self._asked[event.stream_id] = (fields[":method"], fields[":path"])
            self._bodies[event.stream_id] = b""
        elif isinstance(event, DataReceived):
            self._bodies[event.stream_id] += event.data
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            answering = asyncio.create_task(self._answer(event.stream_id))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
            self._most = max(self._most, len(self._answering))

    async def _answer(self, stream: int) -> None:
        await asyncio.sleep(SLOW_S)
        status, body = self._board.order(*self._asked[stream], self._bodies[stream])
        head = [(":status", str(status)), ("content-type", "application/json")]
        self._h2.send_headers(stream, head)
        self._h2.send_data(stream, json.dumps(body).encode(), end_stream=True)
        self._flush()

    def _flush(self) -> None:
        self._writer.write(self._h2.data_to_send())


class Http1:
    """GET /events, POST /uploads (chunked, with trailers), GET /questions (a WebSocket)."""

    def __init__(self, board: Switchboard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._board = board
        self._reader = reader
        self._writer = writer

    async def talk(self) -> None:
        while head := await self._reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1]
            if path == b"/events":
                await self._events()
            elif path == b"/uploads":
                await self._upload(head)
            elif path == b"/questions":
                await self._questions(head)
                return
            else:
                self._send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    async def _events(self) -> None:
        self._send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(EVENTS):
            event = b"id: %d\ndata: tick\n\n" % number
            self._send(b"%x\r\n%s\r\n" % (len(event), event))
            await self._writer.drain()
            await asyncio.sleep(EVENT_EVERY_S)
        self._send(b"0\r\n\r\n")
        self._board.note("events", EVENTS)

    async def _upload(self, head: bytes) -> None:
        """201 if it is chunked and its trailer says how long it is; 422 if not."""
        if b"\r\nexpect: 100-continue\r\n" in head.lower():
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        chunked = b"\r\ntransfer-encoding: chunked\r\n" in head.lower()
        size = 0
        while chunked and (length := int(await self._reader.readline(), 16)):
            size += length
            await self._reader.readexactly(length + 2)
        trailers = await self._reader.readuntil(b"\r\n") if chunked else b""
        if trailers.strip():
            await self._reader.readuntil(b"\r\n")
        right = trailers.lower() == b"x-size: %d\r\n" % size
        self._board.note("upload", size, trailers.decode().strip().lower())
        self._send(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % (b"201 Created" if right else b"422 Wrong"))

    async def _questions(self, head: bytes) -> None:
        """Asks, and goes on when it was answered; an answer that nobody asked for ends it with 1008."""
        ws = WSConnection(ConnectionType.SERVER)
        data, asked = head, 0
        while data:
            ws.receive_data(data)
            for event in ws.events():
                if isinstance(event, Request):
                    self._send(ws.send(AcceptConnection()))
                elif isinstance(event, CloseConnection):
                    self._send(ws.send(event.response()))
                    self._board.note("closed", event.code)
                    return
                elif isinstance(event, TextMessage):
                    self._board.note("said", event.data)
                    if event.data != f"answer {asked}":
                        self._send(ws.send(CloseConnection(code=1008)))
                        return
                else:
                    continue
                asked += 1
                self._send(ws.send(TextMessage(data=f"question {asked}" if asked <= QUESTIONS else "thanks")))
            data = await self._reader.read(1 << 16)

    def _send(self, data: bytes) -> None:
        self._writer.write(data)


async def serve(pem: str, notes: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    server = await asyncio.start_server(Switchboard(notes).talk, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 (whoever starts it reads it)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
