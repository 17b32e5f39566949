"""What a tap remembers of its link, as it happens. Bounded: what is forgotten is counted."""

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

from faults.tap.digest import Digest
from faults.tap.head import RequestHead, path_of, read_request, trace_id
from faults.tap.journal import Ended, HttpProtocol, Protocol, TapCall, TapConnection, TapJournal
from faults.tap.rules import Rules

KEPT_CLOSED = 4096  # closed connections
KEPT_CALLS = 16384
KEPT_TURNAROUNDS = 64  # of a connection
LONGEST_TARGET = LONGEST_HEAD = 2048  # bytes of a request that are kept as they came
_AT_ONCE = 256  # entries that are shown in one turn of the loop


@dataclass(slots=True)
class Connection:
    """One connection; see TapConnection."""

    ordinal: int
    opened_s: float
    active_s: float
    closed_s: float | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: str = ""
    protocol: Protocol = ""
    fault: str | None = None
    asked_s: float | None = None  # when the latest bytes went up, unless bytes came down since
    answered: int = 0
    slowest_s: float = 0.0
    turnarounds_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TURNAROUNDS))

    def up(self, size: int, now_s: float) -> None:
        self.bytes_up += size
        self.active_s = self.asked_s = now_s

    def down(self, size: int, now_s: float) -> None:
        self.bytes_down += size
        self.active_s = now_s
        asked_s = self.asked_s
        if asked_s is not None:
            self.asked_s = None
            self.answered += 1
            self.turnarounds_s.append(now_s - asked_s)
            if now_s - asked_s > self.slowest_s:
                self.slowest_s = now_s - asked_s

    def shown(self) -> TapConnection:
        p50_s = statistics.median(self.turnarounds_s) if self.turnarounds_s else None
        return TapConnection(
            ordinal=self.ordinal,
            opened_s=self.opened_s,
            active_s=self.active_s,
            closed_s=self.closed_s,
            bytes_up=self.bytes_up,
            bytes_down=self.bytes_down,
            ended=self.ended,
            protocol=self.protocol,
            fault=self.fault,
            answered=self.answered,
            turnaround_p50_ms=None if p50_s is None else p50_s * 1000,
            turnaround_max_ms=None if p50_s is None else self.slowest_s * 1000,
        )


class Call(msgspec.Struct, gc=False, kw_only=True):
    """One request; see TapCall. What it costs to show it is spent when the journal is read.

    Nothing in it leads back to it, so the collector of cycles need not look at many thousands of them (`gc`).
    """

    ordinal: int = 0
    connection: int
    protocol: HttpProtocol
    head: bytes | RequestHead  # of HTTP/1.1 as it came, and read when somebody wants to know
    started_s: float
    asked_s: float | None = None
    first_byte_s: float | None = None
    ended_s: float | None = None
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: Ended = "open"
    fault: str | None = None
    body: Digest | None = None  # None: so far there is none
    digest: str | None = None  # None: not worked out yet

    @property
    def request(self) -> RequestHead:
        if isinstance(self.head, bytes):
            self.head = read_request(self.head, len(self.head))
        return self.head

    def begin_body(self) -> Digest:
        """Of which it is told the contents."""
        self.body = self.body or Digest(self.request.method, self.request.target)
        return self.body

    def asked(self, now_s: float) -> None:
        """The request is whole."""
        self.asked_s = now_s
        if self.body is not None:
            self.digest, self.body = self.body.hex(), None

    def end(self, ended: Ended, now_s: float) -> None:
        """The first end stands."""
        if self.ended_s is None:
            self.ended, self.ended_s = ended, now_s

    def active_since(self, since_s: float) -> bool:
        """Also if it is still open."""
        return self.ended_s is None or self.asked_s is None or max(self.ended_s, self.asked_s) >= since_s

    def shorten(self) -> None:
        """Of a long target only the beginning is kept, but its digest is of all of it."""
        if len(self.request.target) > LONGEST_TARGET:
            self.begin_body()
            self.head = msgspec.structs.replace(self.request, target=self.request.target[:LONGEST_TARGET])

    def shown(self) -> TapCall:
        return TapCall(
            ordinal=self.ordinal,
            connection=self.connection,
            protocol=self.protocol,
            method=self.request.method.decode("latin-1"),
            path=path_of(self.request.target),
            started_s=self.started_s,
            asked_s=self.asked_s,
            first_byte_s=self.first_byte_s,
            ended_s=self.ended_s,
            status=self.status,
            bytes_up=self.bytes_up,
            bytes_down=self.bytes_down,
            ended=self.ended,
            fault=self.fault,
            trace=trace_id(self.request.traceparent),
            digest=self._digest(),
        )

    def _digest(self) -> str:
        """'' while the body is still coming."""
        if self.asked_s is None:
            return ""
        if self.digest is None:
            self.digest = Digest(self.request.method, self.request.target).hex()
        return self.digest


class Ledger:
    def __init__(self, rules: Rules) -> None:
        self.refused = 0
        self._rules = rules
        self._live: dict[int, Connection] = {}
        self._closed: deque[Connection] = deque()
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._forgotten = 0
        self._closed_up = self._closed_down = 0  # bytes of all closed connections, the forgotten ones too

    def open(self) -> Connection:
        """A new connection's entry; it is counted as offered to the rules."""
        self._rules.connections += 1
        ordinal = self._rules.connections
        now_s = time.monotonic()
        entry = self._live[ordinal] = Connection(ordinal, now_s, now_s)
        return entry

    def close(self, entry: Connection, ended: str) -> None:
        del self._live[entry.ordinal]
        entry.closed_s = entry.active_s = time.monotonic()
        entry.ended = ended
        self._closed_up += entry.bytes_up
        self._closed_down += entry.bytes_down
        self._closed.append(entry)
        if len(self._closed) > KEPT_CLOSED:
            self._closed.popleft()
            self._forgotten += 1

    def call(self, call: Call) -> None:
        """A new request; it is counted as offered to the rules."""
        self._rules.requests += 1
        call.ordinal = self._rules.requests
        if len(call.head) > LONGEST_HEAD if isinstance(call.head, bytes) else len(call.head.target) > LONGEST_TARGET:
            call.shorten()
        self._calls.append(call)

    async def read(self, since_s: float) -> TapJournal:
        """What was active at `since_s` or after, and every connection that lives. Traffic goes on while it is made."""
        connections: list[TapConnection] = []
        for number, entry in enumerate([*self._closed, *self._live.values()], 1):
            if entry.closed_s is None or entry.active_s >= since_s:
                connections.append(entry.shown())
            if not number % _AT_ONCE:
                await asyncio.sleep(0)
        calls: list[TapCall] = []
        for number, call in enumerate(list(self._calls), 1):
            if call.active_since(since_s):
                calls.append(call.shown())
            if not number % _AT_ONCE:
                await asyncio.sleep(0)
        return self._journal(tuple(connections), tuple(calls))

    def _journal(self, connections: tuple[TapConnection, ...], calls: tuple[TapCall, ...]) -> TapJournal:
        live = self._live.values()
        return TapJournal(
            now_s=time.monotonic(),
            opened=self._rules.connections,
            forgotten=self._forgotten,
            bytes_up=self._closed_up + sum(entry.bytes_up for entry in live),
            bytes_down=self._closed_down + sum(entry.bytes_down for entry in live),
            refused=self.refused,
            called=self._rules.requests,
            calls_forgotten=self._rules.requests - len(self._calls),
            connections=connections,
            calls=calls,
            rules=self._rules.counts(),
        )
