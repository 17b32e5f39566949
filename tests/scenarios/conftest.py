"""A tiny service that stands for the system under test, and how to wait for what comes in its own time."""

import asyncio
import os
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

# GET /state answers the counter, POST /add adds one and says so on stdout, POST /__reset puts it back to 0, GET /die
# ends the process without a word, GET /fail answers 500, GET /metrics is a Prometheus page. `peer`, if given, is asked
# by GET /peer; if it does not answer, that is logged and answered with 502. GET /kill-peer makes it die. Each process
# notes its id in the file `pids` beside the script.
SERVER = textwrap.dedent(
    """
    import json, os, sys, urllib.request
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    with open(os.path.join(os.path.dirname(__file__), "pids"), "a") as pids:
        print(os.getpid(), file=pids)
    address, peer = sys.argv[1], (sys.argv[2:] or [""])[0]
    host, port = address.rsplit(":", 1)
    counter = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/die":
                os._exit(7)
            if self.path == "/fail":
                return self.answer(500, {"counter": counter})
            if self.path == "/metrics":
                return self.answer(200, f"adds_total {counter}\\n", "text/plain; version=0.0.4")
            if self.path in ("/peer", "/kill-peer"):
                try:
                    asked = "/state" if self.path == "/peer" else "/die"
                    with urllib.request.urlopen(peer + asked, timeout=0.3) as answer:
                        return self.answer(answer.status, {})
                except OSError:
                    print("ERROR peer did not answer", flush=True)
                    return self.answer(502, {})
            self.answer(200, {"counter": counter})

        def do_POST(self):
            global counter
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            counter = 0 if self.path == "/__reset" else counter + 1
            if counter:
                print(f"INFO added {counter}", flush=True)
            self.answer(201, {"counter": counter})

        def answer(self, status, body, kind="application/json"):
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
    """
)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The script of the tiny service: its arguments are an address, and the URL of a peer."""
    path = tmp_path / "service.py"
    path.write_text(SERVER)
    return path


@pytest.fixture
def service_pids(service: Path) -> Callable[[], list[int]]:
    """The ids of all processes of the tiny service so far."""
    return lambda: [int(pid) for pid in service.with_name("pids").read_text().split()]


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Waits for a condition that comes in its own time, and fails if it does not."""

    async def wait(condition: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline_s, "it never came"
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def ended() -> Callable[[int], bool]:
    """Whether a process is gone, or a zombie that only waits for whoever adopted it."""

    def look(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"

    return look
