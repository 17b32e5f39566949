"""The HTTP/1.1 server: a thread a connection, keep-alive, small replies sent at once."""

import argparse
import os
import signal
import socketserver
import sqlite3
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, NoReturn

from scenarios.shop.logs import Log
from scenarios.shop.service import Service
from scenarios.shop.web import Reply

_LONGEST_BODY_BYTES = 64 * 1024


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write
    timeout = 120  # seconds a connection may idle
    server: "_Server"

    def version_string(self) -> str:
        return "shop"

    def log_message(self, format: str, *args: Any) -> None:
        """No access log: the metrics count requests."""

    def _answer(self) -> None:
        try:
            body = self._body()
        except ValueError as error:
            self.close_connection = True
            self._send(Reply(400, {"error": str(error)}))
            return
        if body is None:  # the sender is gone: half a request is no request
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.service.answer(self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def _body(self) -> bytes | None:
        """The request's body, or None if it broke off. Raises ValueError for what this server doesn't read."""
        if "Transfer-Encoding" in self.headers:
            raise ValueError("expected a Content-Length instead of a Transfer-Encoding")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= _LONGEST_BODY_BYTES):
            raise ValueError(f"Content-Length: expected at most {_LONGEST_BODY_BYTES}")
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _send(self, reply: Reply) -> None:
        kind, body = reply.encoded()
        self.send_response(reply.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    service: Service  # set before the first connection is accepted

    def __init__(self, listen: tuple[str, int]) -> None:
        super().__init__(listen, _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is its own business; anything else is ours, and loud."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def address(text: str) -> tuple[str, int]:
    """'127.0.0.1:8000' as host and port; for argparse."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT such as 127.0.0.1:8000, got {text!r}")
    return host, int(port)


def run(name: str, listen: tuple[str, int], log: Log, make: Callable[[], Service]) -> NoReturn:
    """Serves until SIGTERM or SIGINT, then exits 0; exits 3 with one line where it can't start."""
    try:
        server = _Server(listen)
    except OSError as error:
        _refuse(f"{name}: can't listen on {listen[0]}:{listen[1]}: {error.strerror}; free the port, or change --listen")
    try:
        server.service = make()
    except sqlite3.Error as error:
        server.server_close()
        _refuse(f"{name}: can't open the database: {error}; check --database")
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _stop)
    host, port = server.server_address[:2]
    log.info(f"listening on {host!s}:{port}")
    try:
        server.serve_forever(poll_interval=0.2)  # a signal between two polls is seen after the second
    except SystemExit:
        log.info("stopped")
    # Not by way of the interpreter's end: threads of connections may still be answering, and it would wait for them.
    os._exit(0)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _refuse(line: str) -> NoReturn:
    print(line, file=sys.stderr, flush=True)
    sys.exit(3)
