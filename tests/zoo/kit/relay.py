"""A relay of HTTP in front of a partner, which a test makes slow, deaf or dead, all of it or some requests of it."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# 'pass'; 'down': closed unasked; 'lose': done, and closed instead of an answer; a number: answered so many seconds late
Mode = str | float
Rule = Callable[[str, str], Mode]  # of method and path


def always(mode: Mode) -> Rule:
    return lambda method, path: mode


@dataclass
class Relay:
    """`rule` may be changed at any time; `seen` are the requests that came, as 'POST /path'."""

    port: int
    upstream_port: int
    rule: Rule = field(default_factory=lambda: always("pass"))
    seen: list[str] = field(default_factory=list)

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), type("R", (_Relayed,), {"relay": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Relayed(BaseHTTPRequestHandler):
    relay: Relay

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.relay.seen.append(f"{self.command} {self.path}")
        mode = self.relay.rule(self.command, self.path)
        if mode == "down":
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.relay.upstream_port, timeout=10)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):  # it was stopped
            return
        finally:
            connection.close()
        if mode == "lose":
            return
        if isinstance(mode, float):
            time.sleep(mode)
        with contextlib.suppress(OSError):  # whoever asked had no patience
            self._answer(answer, said)

    def _answer(self, answer: http.client.HTTPResponse, said: bytes) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass
