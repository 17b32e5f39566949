"""What watches a mitmproxy and offers every exchange to an intake: an add-on of the slim master, or of any other.

It only watches: headers are taken as raw bytes before mitmproxy touches them (it answers and removes `Expect`), bodies
as they crossed the wire, and no hook waits for the disk. Times are taken from the monotonic clock in the hooks:
mitmproxy's own stamps are Unix time, which can step. An exchange whose response never came, or was cut, is one with an
error: the 502 that mitmproxy then makes for the client is not the system's.
"""

import time
from functools import partial
from typing import NamedTuple
from weakref import WeakSet

from mitmproxy.connection import Client, Connection
from mitmproxy.http import HTTPFlow

from recorder.body import BodyTap, Cap
from recorder.eventtap import EventTap
from recorder.failure import CLIENT_ABORTED, Side, error_of
from recorder.flight import Flight, Talk
from recorder.flowexchange import exchange_of, request_headers
from recorder.framing import Framing, ends_connection, framing_of
from recorder.intake import Intake

UNFINISHED = "unfinished when the recording ended"
ENDED_BY = "foreshock: ended by"  # in a flow's metadata, where the proxy tells: 'client' or 'upstream'

_AT_ONCE_BYTES = 64 << 10  # smaller bodies come in one read or two: passed on when whole, as one write


class Endings(NamedTuple):
    """What a proxy of ours knows of how connections ended, and mitmproxy does not tell its add-ons."""

    reset: WeakSet[Connection]
    timed_out: WeakSet[Connection]


class _Seen:
    """A client connection: how many requests came on it, and which of them are under way."""

    __slots__ = ("certificate", "count", "under_way")

    def __init__(self, client: Client) -> None:
        shown = client.certificate_list
        self.certificate = shown[0].fingerprint().hex() if shown else ""  # SHA-256
        self.count = 0
        self.under_way: dict[str, HTTPFlow] = {}


class Watcher:
    """`alone` says that nobody else wants the bodies and messages: they are let through and not kept by mitmproxy."""

    def __init__(self, intake: Intake, *, cap: Cap, alone: bool = False, endings: Endings | None = None) -> None:
        self._intake = intake
        self._cap = cap
        self._alone = alone
        self._endings = endings
        self._flights: dict[str, Flight] = {}  # by flow id
        self._seen: dict[str, _Seen] = {}  # by client connection id
        self._count = 0

    @property
    def busy(self) -> frozenset[str]:
        """The ids of client connections with an exchange under way."""
        return frozenset(flight.connection for flight in self._flights.values())

    def requestheaders(self, flow: HTTPFlow) -> None:
        now_s = time.monotonic()
        client, request = flow.client_conn, flow.request
        self._count += 1
        seen = self._seen.get(client.id) or self._seen.setdefault(client.id, _Seen(client))
        seen.count += 1
        seen.under_way[flow.id] = flow
        address = client.peername[0] if client.peername else ""
        flight = Flight(self._count, seen.count, client.id, address, request_headers(request), now_s)
        flight.certificate = seen.certificate
        self._flights[flow.id] = flight
        framing = framing_of(request.headers.fields)
        flight.closes = ends_connection(request.http_version, framing)
        unknown = framing.chunked or (request.is_http2 and request.method not in ("GET", "HEAD"))
        if self._streams(framing, unknown=unknown) and not request.stream:
            flight.request_tap = request.stream = BodyTap(self._cap)

    def request(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is not None:
            flight.request_ended_s = time.monotonic()
            if flight.ended_s is not None:  # the answer was there first
                self._end(flow, flight)

    def responseheaders(self, flow: HTTPFlow) -> None:
        flight, response = self._flights.get(flow.id), flow.response
        if flight is None or response is None:
            return
        flight.first_byte_s = time.monotonic()
        framing = framing_of(response.headers.fields)
        flight.endless = framing.event_stream
        flight.closes = flight.closes or ends_connection(flow.request.http_version, framing)
        if response.stream or not self._streams(framing, unknown=framing.length is None):
            return
        if framing.event_stream and not framing.coded and flight.request_ended_s is not None:
            self._open(flow, flight, Talk(flight.id, self._cap, self._cap.cap_bytes))
            flight.events = response.stream = EventTap(partial(self._say, flight), self._cap.cap_bytes)
        else:
            flight.response_tap = response.stream = BodyTap(self._cap)

    def response(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is None:
            return
        if flow.websocket is not None:
            flight.endless = flight.closes = True
            self._open(flow, flight, Talk(flight.id, self._cap))
            return
        flight.ended_s = time.monotonic()
        if flight.request_ended_s is not None:
            self._end(flow, flight)

    def websocket_message(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is None or flow.websocket is None:
            return
        message = flow.websocket.messages[-1]
        self._say(flight, message.content, from_client=message.from_client, binary=not message.is_text)
        if self._alone:
            flow.websocket.messages.clear()  # else a socket that lives for days holds all it ever said

    def websocket_end(self, flow: HTTPFlow) -> None:
        if flight := self._flights.get(flow.id):
            self._end(flow, flight)

    def error(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is None or flow.error is None:
            return  # ended before: a client that went away after its answer had come
        endings = self._endings
        by: Side | None = flow.metadata.get(ENDED_BY)
        error = error_of(
            flow.error.msg,
            by=by,
            request_ended=flight.request_ended_s is not None,
            reset=endings is not None and flow.server_conn in endings.reset,
            timed_out=endings is not None and flow.client_conn in endings.timed_out,
        )
        flight.closes = flight.closes or flow.request.http_version.startswith("HTTP/1")
        left = flight.endless and error == CLIENT_ABORTED
        self._end(flow, flight, None if left else error)

    def client_disconnected(self, client: Client) -> None:
        """What is still under way on a connection that is gone has been given up, by whatever road."""
        seen = self._seen.pop(client.id, None)
        for flow in list(seen.under_way.values()) if seen else ():
            flight = self._flights[flow.id]
            complete = flight.ended_s is not None or flight.endless
            self._end(flow, flight, None if complete else CLIENT_ABORTED)

    def done(self) -> None:
        """The proxy is ending: what has no answer by now stays without one; streams without an end end here."""
        for seen in list(self._seen.values()):
            for flow in list(seen.under_way.values()):
                flight = self._flights[flow.id]
                if flight.endless:
                    self._end(flow, flight)
                else:
                    self._intake.drop(UNFINISHED)
        self._flights.clear()
        self._seen.clear()

    def _streams(self, framing: Framing, *, unknown: bool) -> bool:
        """Whether a body goes through without being held. In a stock mitmproxy others may want it whole."""
        if framing.event_stream or (framing.length or 0) > self._cap.cap_bytes:
            return True
        return self._alone and (unknown or (framing.length or 0) > _AT_ONCE_BYTES)

    def _open(self, flow: HTTPFlow, flight: Flight, talk: Talk) -> None:
        """Offers it as one that goes on: what may last for days must not wait for its end."""
        flight.talk = talk
        self._offer(flow, flight, goes_on=True)

    def _say(self, flight: Flight, raw: bytes | None, *, from_client: bool = False, binary: bool = False) -> None:
        """Offers what came on it; None is what was too long to be held."""
        if flight.talk is None:
            return
        line = flight.talk.line(self._since(time.monotonic()), raw, from_client=from_client, binary=binary)
        if line is None:
            self._intake.leave_out_message()
        else:
            self._intake.follow(line)

    def _end(self, flow: HTTPFlow, flight: Flight, error: str | None = None) -> None:
        self._flights.pop(flow.id, None)
        if seen := self._seen.get(flight.connection):
            seen.under_way.pop(flow.id, None)
        if flight.talk is None:
            self._offer(flow, flight, error)
            return
        if flight.events is not None:
            flight.events.end()
        ended_s = self._since(flight.ended_s or time.monotonic())
        self._intake.follow(flight.talk.end(ended_s, closes=flight.closes, error=error))

    def _offer(self, flow: HTTPFlow, flight: Flight, error: str | None = None, *, goes_on: bool = False) -> None:
        ended_s = flight.ended_s or time.monotonic()
        exchange = exchange_of(flow, flight, self._cap, self._since, ended_s=ended_s, error=error, goes_on=goes_on)
        host = flow.request.data.host
        self._intake.offer(exchange, flight.address, certificate=flight.certificate, host=host)

    def _since(self, monotonic_s: float) -> float:
        """On the recording's clock; microseconds are all that the hooks are good for."""
        return round(self._intake.anchor.since_s(monotonic_s), 6)
