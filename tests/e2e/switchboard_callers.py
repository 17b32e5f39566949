"""Clients of a switchboard (switchboard.py), one after the other, that check what they get.

switchboard_callers.py PORT CA
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

ORDERS = 5
THINKS_S = 0.05
ALPN = {"h2": ["h2", "http/1.1"], "http/1.1": ["http/1.1"]}
Ask = tuple[str, str, dict[str, str] | None]


def connect(port: int, ca: str, protocol: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(ALPN[protocol])
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection = context.wrap_socket(plain, server_hostname="localhost")
    assert connection.selected_alpn_protocol() == protocol
    return connection


class Buyer:
    """A connection of HTTP/2."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self._h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()

    def at_once(self, *asks: Ask) -> list[dict[str, str]]:
        """What was answered to each of them, all sent before the first answer."""
        streams = [self._ask(*ask) for ask in asks]
        self._connection.sendall(self._h2.data_to_send())
        bodies = dict.fromkeys(streams, b"")
        ended = 0
        while ended < len(streams):
            data = self._connection.recv(1 << 16)
            assert data, "closed"
            for event in self._h2.receive_data(data):
                if isinstance(event, ResponseReceived):
                    assert dict(event.headers)[":status"] in ("200", "201")
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                    self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                ended += isinstance(event, StreamEnded)
            self._connection.sendall(self._h2.data_to_send())
        return [json.loads(bodies[stream]) for stream in streams]

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> int:
        stream: int = self._h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
        self._h2.send_headers(stream, [*head, ("content-type", "application/json")], end_stream=body is None)
        if body is not None:
            self._h2.send_data(stream, json.dumps(body).encode(), end_stream=True)
        return stream


def buy(port: int, ca: str) -> None:
    with connect(port, ca, "h2") as connection:
        buyer = Buyer(connection)
        ids = [made["id"] for made in buyer.at_once(*[("POST", "/orders", {"item": str(n)}) for n in range(ORDERS)])]
        time.sleep(THINKS_S)
        buyer.at_once(*[("GET", f"/orders/{each}", None) for each in ids])
        time.sleep(THINKS_S)
        paid = buyer.at_once(*[("POST", "/payments", {"order": each}) for each in ids])
        assert [(each["id"], each["status"]) for each in paid] == [(each, "paid") for each in ids]


def listen(port: int, ca: str) -> None:
    with connect(port, ca, "http/1.1") as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        assert until(connection, b"\r\n0\r\n\r\n").count(b"data: tick") == 4


def upload(port: int, ca: str) -> None:
    with connect(port, ca, "http/1.1") as connection:
        connection.sendall(
            b"POST /uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X-Size\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Size: 12\r\n\r\n")
        assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def answer(port: int, ca: str) -> None:
    with connect(port, ca, "http/1.1") as connection:
        ws = WSConnection(ConnectionType.CLIENT)
        connection.sendall(ws.send(Request(host="localhost", target="/questions")))
        while True:
            ws.receive_data(connection.recv(1 << 16) or None)
            for event in ws.events():
                if isinstance(event, TextMessage) and event.data == "thanks":
                    connection.sendall(ws.send(CloseConnection(code=1000)))
                elif isinstance(event, TextMessage):
                    time.sleep(THINKS_S)
                    connection.sendall(ws.send(TextMessage(data=event.data.replace("question", "answer"))))
                elif isinstance(event, CloseConnection):
                    return
                else:
                    assert isinstance(event, AcceptConnection), event


def until(connection: ssl.SSLSocket, mark: bytes) -> bytes:
    came = b""
    while not came.endswith(mark):
        chunk = connection.recv(1)
        assert chunk, came
        came += chunk
    return came


if __name__ == "__main__":
    for call in (buy, listen, upload, answer):
        call(int(sys.argv[1]), sys.argv[2])
