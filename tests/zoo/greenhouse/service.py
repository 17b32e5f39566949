"""Sensors of greenhouses and their readings: ULIDs, an API key that is given at registration.

What is written is kept in memory and answered at once, and goes to the store behind that.
Planted: what could not be written to the store is dropped all the same.
"""

import queue
import secrets
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAUSE_S = 0.05  # before what failed is written again

Row = dict[str, Any]


class WriteBehind:
    """Rows on their way to the store. Reads see them from the moment they are kept."""

    def __init__(self, store: Partner, fixed: bool) -> None:
        self._store = store
        self._fixed = fixed
        self._on_the_way: dict[str, Row] = {}
        self._queue: queue.SimpleQueue[tuple[str, Row, dict[str, str]] | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def keep(self, path: str, row: Row, trace: dict[str, str]) -> None:
        self._on_the_way[path] = row
        self._queue.put((path, row, trace))

    def row(self, path: str) -> Row | None:
        """Raises Refusal (503)."""
        kept = self._on_the_way.get(path)
        return kept if kept is not None else self._asked(path)

    def below(self, path: str) -> list[Row]:
        """The rows right below `path`, in order of their ids. Raises Refusal (503)."""
        depth = path.count("/") + 1
        kept = {p: r for p, r in self._on_the_way.copy().items() if p.startswith(f"{path}/") and p.count("/") == depth}
        stored = self._asked(f"{path}/") or {}
        return [row for _, row in sorted({**stored, **kept}.items())]

    def close(self) -> None:
        self._closed.set()
        self._queue.put(None)
        self._writer.join()

    def _asked(self, path: str) -> Any:
        try:
            status, found = self._store.ask("GET", path)
        except Unreachable:
            raise Refusal(503, "the store does not answer") from None
        return found if status == 200 else None

    def _write(self) -> None:
        while (item := self._queue.get()) is not None:
            path, row, trace = item
            while not self._written(path, row, trace) and self._fixed and not self._closed.wait(_PAUSE_S):
                pass
            self._on_the_way.pop(path)

    def _written(self, path: str, row: Row, trace: dict[str, str]) -> bool:
        try:
            self._store.ask("PUT", path, row, trace)
        except Unreachable as failure:
            sys.stderr.write(f"WARN write-behind: {failure}\n")
            return False
        return True


class State:
    def __init__(self, store: Partner, fixed: bool) -> None:
        self.keys: dict[str, str] = {}  # API key: who has it
        self.rows = WriteBehind(store, fixed)
        self.close = self.rows.close


def register(request: Request) -> Reply:
    owner, key = text(request.json(), "owner", 80), secrets.token_hex(16)
    request.state.keys[key] = owner
    return Reply(201, {"owner": owner, "api_key": key})


def add_sensor(request: Request) -> Reply:
    body = request.json()
    sensor = {"id": _ulid(), "label": text(body, "label", 80), "unit": text(body, "unit", 12)}
    return _kept(request, f"{_mine(request)}/{sensor['id']}", sensor)


def sensors(request: Request) -> Reply:
    return Reply(200, {"items": request.state.rows.below(_mine(request))})


def sensor(request: Request) -> Reply:
    return Reply(200, _found(request, _sensor(request)))


def add_reading(request: Request) -> Reply:
    body, path = request.json(), _sensor(request)
    value = body.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(422, "value: expected a number")
    _found(request, path)
    reading = {"id": _ulid(), "value": value, "remark": str(body.get("remark") or "")[:100]}
    return _kept(request, f"{path}/{reading['id']}", reading)


def readings(request: Request) -> Reply:
    path = _sensor(request)
    _found(request, path)
    return Reply(200, {"items": request.state.rows.below(path)})


def reading(request: Request) -> Reply:
    return Reply(200, _found(request, f"{_sensor(request)}/{request.params['reading']}"))


def _mine(request: Request) -> str:
    key = request.headers.get("x-api-key", "")
    if key not in request.state.keys:
        raise Refusal(401, "X-Api-Key: register first")
    return f"/rows/{key[:12]}"


def _sensor(request: Request) -> str:
    return f"{_mine(request)}/{request.params['sensor']}"


def _found(request: Request, path: str) -> Row:
    row: Row | None = request.state.rows.row(path) if path.isascii() and path.replace("/", "").isalnum() else None
    if row is None:
        raise Refusal(404, "there is none")
    return row


def _kept(request: Request, path: str, row: Row) -> Reply:
    request.state.rows.keep(path, row, traced(request.headers))
    return Reply(201, row)


def _ulid() -> str:
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


if __name__ == "__main__":
    asked = arguments(store="URL of the store")
    routes = {
        "POST /keys": register,
        "POST /sensors": add_sensor,
        "GET /sensors": sensors,
        "GET /sensors/{sensor}": sensor,
        "POST /sensors/{sensor}/readings": add_reading,
        "GET /sensors/{sensor}/readings": readings,
        "GET /sensors/{sensor}/readings/{reading}": reading,
    }
    serve(App(lambda: State(Partner(asked.store, 0.4), is_fixed()), routes), asked.port)
