"""A shop under test: both processes, and between them a link on which everything can go wrong."""

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import scenarios.shop

SCENARIO = yaml.safe_load((Path(scenarios.shop.__file__).parent / "shop.yaml").read_text())
CHARGED_TWICE, PENDING, OVERSOLD, BELOW_ZERO, CANNOT_PAY = (entry["name"] for entry in SCENARIO["invariants"])


# The link


class HangUp(Exception):
    """Close both sides; `first` is still delivered."""

    def __init__(self, first: bytes = b"", *, reset: bool = False):
        self.first, self.reset = first, reset


class Pipe:
    """One connection through the link. `dirty` once it swallowed something: healing closes it."""

    def __init__(self, client: socket.socket, upstream: socket.socket):
        self.ends = {"up": (client, upstream), "down": (upstream, client)}
        self.passed = {"up": 0, "down": 0}  # bytes since the fault was set
        self.dirty = False

    def close(self, *, reset: bool = False):
        client, upstream = self.ends["up"]
        if reset:
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (client, upstream):
            # Wakes the other pump, which would hold the connection open. SHUT_RD sends no FIN before the RST.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD if reset and end is client else socket.SHUT_RDWR)
            end.close()


Fault = Callable[[Pipe, str, bytes], bytes]  # what goes on of a chunk that travels 'up' or 'down'; may raise HangUp


def slow(seconds: float) -> Fault:
    def fault(pipe, direction, chunk):
        if direction == "down":
            time.sleep(seconds)
        return chunk

    return fault


def swallow(*directions: str) -> Fault:
    def fault(pipe, direction, chunk):
        if direction not in directions:
            return chunk
        pipe.dirty = True
        return b""

    return fault


def cut(direction: str, after_bytes: int) -> Fault:
    def fault(pipe, travels, chunk):
        if travels != direction:
            return chunk
        left = after_bytes - pipe.passed[travels]
        pipe.passed[travels] += len(chunk)
        if len(chunk) >= left:
            raise HangUp(chunk[: max(left, 0)])
        return chunk

    return fault


def reset(direction: str) -> Fault:
    def fault(pipe, travels, chunk):
        if travels == direction:
            raise HangUp(reset=True)
        return chunk

    return fault


def only(times: int, fault: Fault) -> Fault:
    """The fault on the first connections that carry anything, and on no others."""
    hit: list[Pipe] = []

    def limited(pipe, direction, chunk):
        if pipe not in hit and len(hit) < times:
            hit.append(pipe)
        return fault(pipe, direction, chunk) if pipe in hit else chunk

    return limited


class Link:
    """A TCP proxy on loopback to `upstream_port`, with at most one fault at a time."""

    def __init__(self, upstream_port: int):
        self._upstream_port = upstream_port
        self._fault: Fault | None = None
        self._pipes: set[Pipe] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.late: dict[Pipe, bytes] = {}  # requests that are held back
        self.hang_ups = 0  # since the fault was set
        self.touched = 0  # chunks the fault was asked about
        self.port = 0
        self._listen()

    def set(self, fault: Fault):
        with self._lock:
            for pipe in self._pipes:
                pipe.passed = {"up": 0, "down": 0}
            self.hang_ups = self.touched = 0
            self._fault = fault

    def hold_requests(self):
        """From now on requests stay in the network: `deliver_late` brings them, whoever still waits."""

        def fault(pipe, direction, chunk):
            if direction == "up":
                self.late[pipe] = self.late.get(pipe, b"") + chunk
                pipe.dirty = True
                return b""
            return chunk

        self.set(fault)

    def deliver_late(self) -> list[int]:
        """The statuses that the held requests are answered with now."""
        held, self.late = self.late, {}
        return [status for requests in held.values() for status in self._deliver(requests)]

    def _deliver(self, requests: bytes) -> list[int]:
        with socket.create_connection(("127.0.0.1", self._upstream_port), timeout=5) as upstream:
            upstream.sendall(requests)
            upstream.shutdown(socket.SHUT_WR)
            with upstream.makefile("rb") as replies:
                return [int(line.split()[1]) for line in replies if line.startswith(b"HTTP/1.1")]

    def down(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._close_pipes(lambda pipe: True)

    def heal(self):
        self._fault = None
        if self._listener.fileno() == -1:
            self._listen()
        self._close_pipes(lambda pipe: pipe.dirty)

    def close(self):
        if self._listener.fileno() != -1:
            self.down()
        for thread in self._threads:
            thread.join(5)

    def _listen(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", self._upstream_port))
            pipe = Pipe(client, upstream)
            with self._lock:
                self._pipes.add(pipe)
            self._start(self._pump, pipe, "up")
            self._start(self._pump, pipe, "down")

    def _pump(self, pipe: Pipe, direction: str):
        source, sink = pipe.ends[direction]
        reset = False
        try:
            while chunk := source.recv(65536):
                fault = self._fault
                self.touched += fault is not None
                sink.sendall(fault(pipe, direction, chunk) if fault else chunk)
        except HangUp as end:
            self.hang_ups += 1
            reset = end.reset
            with contextlib.suppress(OSError):
                sink.sendall(end.first)
        except OSError:
            pass
        finally:
            pipe.close(reset=reset)
            with self._lock:
                self._pipes.discard(pipe)

    def _close_pipes(self, which):
        with self._lock:
            chosen = [pipe for pipe in self._pipes if which(pipe)]
        for pipe in chosen:
            pipe.close()

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()


# The shop


class Customer:
    """A client of the storefront over one keep-alive connection, with its cookie."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.cookie: str | None = None

    def do(self, method: str, path: str, body=None, raw: bytes | None = None, **more: str) -> tuple[int, object]:
        """The status, and the JSON or text of the answer. `more` are headers."""
        headers = more | ({"Cookie": self.cookie} if self.cookie else {})
        payload = raw if raw is not None else None if body is None else json.dumps(body)
        self._connection.request(method, path, payload, headers)
        response = self._connection.getresponse()
        content = response.read().decode()
        if cookie := response.getheader("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        return response.status, json.loads(content) if content.startswith("{") else content

    def close(self):
        self._connection.close()


class Process:
    """A service of the shop on a port of its own; its log lines are in `lines`."""

    def __init__(self, module: str, *arguments: str, fixed: bool, port: int = 0):
        self.lines: list[str] = []
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", f"scenarios.shop.{module}", "--listen", f"127.0.0.1:{port}", *arguments],
            env={**os.environ, "SHOP_FIXED": "1" if fixed else "0"},
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        first = self.popen.stdout.readline()
        assert "listening on" in first, f"{module} did not start: {first!r}"
        self.port = int(first.rsplit(":", 1)[1])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        self.lines.extend(self.popen.stdout)

    def stop(self, *, kill: bool = False) -> int:
        if kill:
            self.popen.kill()
        else:
            self.popen.terminate()
        code = self.popen.wait(10)
        self._reader.join(5)
        self.popen.stdout.close()
        return code


class Shop:
    """Payments, the link, the storefront. What was opened through it is closed with it."""

    def __init__(self, folder: Path, *, fixed: bool, timeout_ms: int = 200, processing_ms: int = 12):
        self.folder = folder
        self.fixed = fixed
        payments_db = ("--database", str(folder / "payments.db"))
        self.payments = Process("payments", *payments_db, "--processing-ms", str(processing_ms), fixed=fixed)
        self.link = Link(self.payments.port)
        self._timeout_ms = timeout_ms
        self.start_storefront()
        self._customers: list[Customer] = []

    def start_storefront(self):
        self.storefront = Process(
            "storefront",
            *("--database", str(self.folder / "storefront.db"), "--timeout-ms", str(self._timeout_ms)),
            *("--payments", f"http://127.0.0.1:{self.link.port}"),
            fixed=self.fixed,
        )

    def anybody(self) -> Customer:
        customer = Customer(self.storefront.port)
        self._customers.append(customer)
        return customer

    def customer(self, product: int | None = None, quantity: int = 1) -> Customer:
        """Somebody who signed up, and has so many of the product in the cart."""
        customer = self.anybody()
        email = f"customer{len(self._customers)}@example.org"
        signup = {"email": email, "name": "Zoë", "password": "secret"}
        assert customer.do("POST", "/signup", signup)[0] == 201
        if product is not None:
            item = {"product_id": product, "quantity": quantity}
            assert customer.do("POST", "/cart/items", item)[0] == 201
        return customer

    def metric(self, name: str) -> float:
        text = self.anybody().do("GET", "/metrics")[1]
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def rows(self, database: str, query: str, *values) -> list[tuple]:
        uri = f"file:{self.folder / database}.db?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            return connection.execute(query, values).fetchall()

    def violated(self) -> set[str]:
        """The names of the scenario's invariants that do not hold now."""
        found = set()
        for entry in SCENARIO["invariants"]:
            if sql := entry.get("sql"):
                database = Path(sql["database"]).stem
                assert entry["expect"] == "size(rows) == 0"
                holds = not self.rows(database, sql["query"])
            else:
                assert entry["expect"] == "status == 200"
                holds = self.anybody().do("GET", entry["http"]["get"].partition("}")[2])[0] == 200
            if not holds:
                found.add(entry["name"])
        return found

    def reset(self):
        self.link.heal()
        self.link.late = {}
        for customer in self._customers:
            customer.close()
        self._customers = []
        self.reset_services()

    def reset_services(self):
        """The reset that a harness does, whatever the link is like."""
        for port in (self.storefront.port, self.payments.port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", "/__reset")
            assert connection.getresponse().status == 200
            connection.close()
        self.storefront.lines.clear()

    def close(self):
        for customer in self._customers:
            customer.close()
        self.storefront.stop()
        self.payments.stop()
        self.link.close()


def at_once(*acts: Callable[[], object]) -> list:
    """What each act returned; they start together, each in a thread of its own."""
    together = threading.Barrier(len(acts))
    results: list = [None] * len(acts)

    def run(index, act):
        together.wait(10)
        results[index] = act()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def soon(condition: Callable[[], object], within_s: float = 5.0) -> bool:
    """Whether the condition came true in time."""
    ends_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_s:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture(scope="session")
def lab():
    """This file: with --import-mode=importlib no test can import it."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def _first_release(tmp_path_factory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("first"), fixed=False)
    yield shop
    shop.close()


@pytest.fixture(scope="session")
def _mended(tmp_path_factory) -> Iterator[Shop]:
    # Quick timeouts: how long a fault has to last is the only thing that depends on them.
    shop = Shop(tmp_path_factory.mktemp("mended"), fixed=True, timeout_ms=80, processing_ms=2)
    yield shop
    shop.close()


@pytest.fixture
def first_release(_first_release) -> Shop:
    """The shop as it was first released, on seed data."""
    _first_release.reset()
    return _first_release


@pytest.fixture
def mended(_mended) -> Shop:
    """The shop with SHOP_FIXED=1, on seed data."""
    _mended.reset()
    return _mended
