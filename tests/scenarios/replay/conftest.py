"""A shop on loopback that makes ids of its own, recordings of its traffic, and a terminal that is read."""

import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.recording import RecordingWriter
from replayer.plan import Budget
from scenarios.replay.order import ReplayOrder
from scenarios.replay.telling import Telling
from scenarios.report.console import console_on


class Shop(ThreadingHTTPServer):
    """POST /orders makes one and says its id, GET /orders/{id} tells it; /slow takes 50 ms, /gone is answered 410."""

    daemon_threads = True

    def __init__(self, first: int) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.first = first
        self.seen: list[str] = []
        self.credentials: list[tuple[str | None, str | None]] = []  # cookie, authorization
        self.chunked: list[bool] = []  # of each order
        self.busy_at = 0  # the number of an order that is refused with 503
        self.cookie = ""  # that it sets
        self.orders: set[str] = set()
        self.extra: dict[str, str] = {}  # stands in what it says of an order

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shop

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the replay is over
            super().handle()

    def do_GET(self) -> None:
        self.server.seen.append(f"GET {self.path}")
        self.server.credentials.append((self.headers["Cookie"], self.headers["Authorization"]))
        if self.path == "/slow":
            threading.Event().wait(0.05)
        known = not self.path.startswith("/orders/") or self.path.rpartition("/")[2] in self.server.orders
        self._say(410 if self.path == "/gone" else 200 if known else 404, self.server.extra)

    def do_POST(self) -> None:
        self.server.seen.append(f"POST {self.path}")
        is_chunked = self.headers.get("Transfer-Encoding") == "chunked"
        self.server.chunked.append(is_chunked)
        while is_chunked and int(self.rfile.readline(), 16):
            self.rfile.readline()
        self.rfile.readline() if is_chunked else self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if len(self.server.chunked) == self.server.busy_at:
            self._say(503, {})
            return
        order = f"{self.server.first + len(self.server.orders):08x}c0ffee"
        self.server.orders.add(order)
        self._say(201, {"id": order})

    def _say(self, status: int, body: dict[str, str]) -> None:
        raw = json.dumps(body).encode()
        cookie = f"Set-Cookie: {self.server.cookie}\r\n" if self.server.cookie else ""
        head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n{cookie}\r\n"
        self.wfile.write(head.encode() + raw)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Another one than was recorded: its ids are others."""
    with serving(Shop(first=7_000_000)) as server:
        yield server


@pytest.fixture
def another_shop() -> Iterator[Shop]:
    """One to be recorded."""
    with serving(Shop(first=1_000)) as server:
        yield server


@contextlib.contextmanager
def serving(server: Shop) -> Iterator[Shop]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def bought(count: int, *, every_s: float = 0.02, upstream: str = "http://shop.example") -> list[Exchange]:
    """`count` customers, each of whom makes an order and looks at it, as the recorded shop answered them."""
    exchanges = []
    for n in range(count):
        order = f"{n:08x}decade"
        exchanges += [
            exchange(n * every_s, f"c{n}", "POST", "/orders", 201, json.dumps({"id": order}).encode()),
            exchange(n * every_s + 0.01, f"c{n}", "GET", f"/orders/{order}", 200, b"{}"),
        ]
    return exchanges


def exchange(at_s: float, session: str, method: str, url: str, status: int, said: bytes) -> Exchange:
    return Exchange(
        id=f"{session}-{at_s}",
        session=session,
        connection=session,
        started_s=at_s,
        request_ended_s=at_s,
        ended_s=at_s + 0.005,
        request=Request(
            method=method,
            url=url,
            http_version="HTTP/1.1",
            headers=(Header("Host", "shop.example"),),
            post_data=Content.of(b"{}" if method == "POST" else b""),
        ),
        response=Response(
            status=status,
            status_text="",
            http_version="HTTP/1.1",
            headers=(Header("Content-Type", "application/json"),),
            content=Content.of(said),
        ),
    )


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    def write(exchanges: list[Exchange], *, upstream: str = "http://shop.example", **options: object) -> Path:
        folder = tmp_path / "shop.rec"
        with RecordingWriter(folder, upstream=upstream, **options) as writer:  # type: ignore[arg-type]
            for one in exchanges:
                writer.write(one)
        return folder

    return write


@pytest.fixture(name="bought")
def _bought() -> Callable[..., list[Exchange]]:
    return bought


@pytest.fixture(name="exchange")
def _exchange() -> Callable[..., Exchange]:
    return exchange


@pytest.fixture
def paper() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def telling(paper: io.StringIO) -> Telling:
    """A terminal whose words stand on `paper`."""
    return Telling(console_on(paper))


@pytest.fixture
def ordered(tmp_path: Path) -> Callable[..., ReplayOrder]:
    """Orders; however busy the machine is, it is not what is tried here."""

    def order(source: Path, target: str, **said: object) -> ReplayOrder:
        said = {"runs": tmp_path / "runs", "arguments": ("shop.rec",), "budget": Budget(late_p99_s=60.0), **said}
        return ReplayOrder(source=source, target=target, **said)  # type: ignore[arg-type]

    return order
