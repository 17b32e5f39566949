"""A threaded HTTP/1.1 server with keep-alive: a thread a connection, as http.server has it."""

import argparse
import os
import signal
import socketserver
import sys
import traceback
from http.server import BaseHTTPRequestHandler
from typing import Any

from kit.web import App, Refusal, Reply


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write
    timeout = 120  # seconds a connection may idle
    app: App

    def log_message(self, format: str, *args: Any) -> None:
        """No access log."""

    def _answer(self) -> None:
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        except ValueError:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self._reply(headers, body))

    def _reply(self, headers: dict[str, str], body: bytes) -> Reply:
        try:
            return self.app.answer(self.command, self.path, headers, body)
        except Refusal as refusal:
            return Reply(refusal.status, {"error": str(refusal)})
        except Exception:  # noqa: BLE001  (a server answers 500 whatever its handler did)
            sys.stderr.write(f"ERROR {self.command} {self.path}: {traceback.format_exc(limit=-2)}")
            return Reply(500, {"error": "internal error"})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def _send(self, reply: Reply) -> None:
        body = reply.encoded()
        self.send_response(reply.status)
        if reply.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is its own business; anything else is ours, and loud."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(app: App, port: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    server = _Server(("127.0.0.1", port), type("Connection", (_Connection,), {"app": app}))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # threads of connections may still be answering
    server.serve_forever()


def arguments(**more: str) -> argparse.Namespace:
    """--port, and an option of text for each of `more`, with its help."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    for name, said in more.items():
        parser.add_argument(f"--{name}", required=True, help=said)
    return parser.parse_args()


def is_fixed() -> bool:
    return os.environ.get("ZOO_FIXED") == "1"
