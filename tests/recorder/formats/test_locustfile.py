"""The file is run by Locust itself, in a process of its own, against a server on loopback."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.exchange import Content, Exchange, Header, Request
from recorder.formats import locustfile


class Server(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes, str | None]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.seen.append((self.command, self.path, body, self.headers["X-A"]))
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_DELETE = do_POST

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def exchange(session: str, number: int, method: str, body: bytes) -> Exchange:
    return Exchange(
        id=f"e{number}",
        session=session,
        connection="c",
        started_s=number / 20,
        request_ended_s=number / 20,
        ended_s=number / 20,
        request=Request(
            method=method,
            url=f"/{session}/{number}?q=%C3%A9",
            http_version="HTTP/1.1",
            headers=(Header("Host", "prod.example"), Header("X-A", "\xe9")),
            post_data=Content.of(body),
        ),
        error="x",
    )


@pytest.mark.timeout(60)
def test_locust_sends_every_session_once_and_in_order_and_ends(tmp_path: Path, server: Server) -> None:
    recorded = [
        exchange("a", 0, "POST", b"\x00\xff"), exchange("b", 1, "GET", b""), exchange("a", 2, "POST", "é{}".encode()),
        exchange("c", 3, "DELETE", b""), exchange("b", 4, "POST", b"x=1"),
    ]  # fmt: skip
    file = tmp_path / "again.py"
    file.write_bytes(b"".join(locustfile.write(recorded)))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "locust", "-f", str(file), "--headless", "-u", "2", "-r", "10", "--only-summary",
         "--host", f"http://127.0.0.1:{server.server_address[1]}"],
        capture_output=True, text=True, timeout=50, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for session in "abc":
        assert [one for one in server.seen if one[1].startswith(f"/{session}/")] == [
            (one.request.method, one.request.url, one.request.post_data.raw, "\xe9")
            for one in recorded
            if one.session == session
        ]
