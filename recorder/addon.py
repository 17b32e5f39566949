"""The mitmproxy addon that records. Works in any: `mitmdump -s recorder/addon.py --set foreshock_out=NAME.rec`.

It only watches: headers are taken as raw bytes before mitmproxy touches them (it answers and removes `Expect`), bodies
as they crossed the wire, and no hook waits for the disk. Times are taken from the monotonic clock in the hooks:
mitmproxy's own stamps are Unix time, which can step. An exchange whose response never came, or was cut, is one with an
error: the 502 that mitmproxy then makes for the client is not the system's.
"""

import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from weakref import WeakSet

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client, Connection
from mitmproxy.http import HTTPFlow

from foreshock.errors import ForeshockError
from recorder.body import BodyTap, Cap
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.failure import CLIENT_ABORTED, Side, error_of
from recorder.flight import Flight, Messages
from recorder.framing import Framing, ends_connection, framing_of
from recorder.intake import Intake
from recorder.key import read_key

UNFINISHED = "unfinished when the recording ended"
BODY_CAP_BYTES = 4 << 20
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


class RecorderAddon:
    """Offers every exchange to `intake`; without one, makes its own from the options of a stock mitmproxy.

    `alone` says that nobody else wants the bodies and messages: they are let through and not kept by mitmproxy.
    """

    def __init__(
        self,
        intake: Intake | None = None,
        *,
        cap: Cap | None = None,
        alone: bool = False,
        endings: Endings | None = None,
    ) -> None:
        self.intake = intake
        self._own = intake is None
        self._cap = cap or Cap(BODY_CAP_BYTES, b"")
        self._alone = alone
        self._endings = endings
        self._flights: dict[str, Flight] = {}  # by flow id
        self._seen: dict[str, _Seen] = {}  # by client connection id
        self._count = 0

    @property
    def busy(self) -> frozenset[str]:
        """The ids of client connections with an exchange under way."""
        return frozenset(flight.connection for flight in self._flights.values())

    def load(self, loader: Loader) -> None:
        if self._own:
            loader.add_option(
                "foreshock_out", str, "", "The recording to make: a folder NAME.rec that is not there yet."
            )
            loader.add_option("foreshock_key_file", str, "", "Key of the pseudonyms; random if not given.")
            loader.add_option("foreshock_body_cap", int, BODY_CAP_BYTES, "Bytes of a body that are kept.")

    def configure(self, updated: set[str]) -> None:
        if not (self._own and "foreshock_out" in updated and ctx.options.foreshock_out):
            return
        key_file = Path(ctx.options.foreshock_key_file) if ctx.options.foreshock_key_file else None
        try:
            key = read_key(key_file)
            self.intake = Intake.into(
                Path(ctx.options.foreshock_out), upstream=" ".join(ctx.options.mode), key=key, tools=tools()
            )
        except ForeshockError as error:
            raise exceptions.OptionsError(str(error)) from None  # type: ignore[no-untyped-call]
        self._cap = Cap(ctx.options.foreshock_body_cap, key)

    def requestheaders(self, flow: HTTPFlow) -> None:
        now_s = time.monotonic()
        client, request = flow.client_conn, flow.request
        self._count += 1
        seen = self._seen.get(client.id) or self._seen.setdefault(client.id, _Seen(client))
        seen.count += 1
        seen.under_way[flow.id] = flow
        address = client.peername[0] if client.peername else ""
        flight = Flight(self._count, seen.count, client.id, address, _request_headers(request), now_s)
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
        if self._streams(framing, unknown=framing.length is None) and not response.stream:
            flight.response_tap = response.stream = BodyTap(self._cap)

    def response(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is None:
            return
        if flow.websocket is not None:
            flight.endless = flight.closes = True
            flight.messages = Messages(self._cap)
            return
        flight.ended_s = time.monotonic()
        if flight.request_ended_s is not None:
            self._end(flow, flight)

    def websocket_message(self, flow: HTTPFlow) -> None:
        flight = self._flights.get(flow.id)
        if flight is None or flight.messages is None or flow.websocket is None or self.intake is None:
            return
        message = flow.websocket.messages[-1]
        flight.messages.add(
            self._since(time.monotonic()),
            from_client=message.from_client,
            binary=not message.is_text,
            raw=message.content,
        )
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
        if self.intake is None:
            return
        for seen in list(self._seen.values()):
            for flow in list(seen.under_way.values()):
                flight = self._flights[flow.id]
                if flight.endless:
                    self._end(flow, flight)
                else:
                    self.intake.drop(UNFINISHED)
        self._flights.clear()
        self._seen.clear()
        if self._own:
            self.intake.close()

    def _streams(self, framing: Framing, *, unknown: bool) -> bool:
        """Whether a body goes through without being held. In a stock mitmproxy others may want it whole."""
        if framing.event_stream or (framing.length or 0) > self._cap.cap_bytes:
            return True
        return self._alone and (unknown or (framing.length or 0) > _AT_ONCE_BYTES)

    def _end(self, flow: HTTPFlow, flight: Flight, error: str | None = None) -> None:
        self._flights.pop(flow.id, None)
        if seen := self._seen.get(flight.connection):
            seen.under_way.pop(flow.id, None)
        if self.intake is not None:
            self.intake.offer(self._exchange(flow, flight, error), flight.address, certificate=flight.certificate)

    def _exchange(self, flow: HTTPFlow, flight: Flight, error: str | None) -> Exchange:
        ended_s = flight.ended_s or time.monotonic()
        messages = flight.messages
        return Exchange(
            id=f"e{flight.number:06}",
            session="",  # named by the intake
            connection=flight.connection,
            nth=flight.nth,
            closes=flight.closes,
            started_s=self._since(flight.started_s),
            request_ended_s=self._since(flight.request_ended_s or ended_s),
            first_byte_s=None if flight.first_byte_s is None else self._since(flight.first_byte_s),
            ended_s=self._since(ended_s),
            request=self._request(flow.request, flight),
            response=self._response(flow.response, flight) if flow.response and not error else None,
            error=error if error or flow.response else CLIENT_ABORTED,
            messages=messages.kept if messages else (),
            messages_left_out=messages.left_out if messages else 0,
        )

    def _request(self, request: http.Request, flight: Flight) -> Request:
        return Request(
            method=_text(
                request.data.method
            ),  # mitmproxy's own decoding leaves surrogates, which JSON has no place for
            url=_text(request.data.path),
            http_version=_text(request.data.http_version),
            headers=flight.headers,
            post_data=self._content(flight.request_tap, request),
            trailers=_headers(request.trailers) if request.trailers else (),
        )

    def _response(self, response: http.Response, flight: Flight) -> Response:
        return Response(
            status=response.status_code,
            status_text=_text(response.data.reason),
            http_version=_text(response.data.http_version),
            headers=_headers(response.headers),
            content=self._content(flight.response_tap, response),
            trailers=_headers(response.trailers) if response.trailers else (),
        )

    def _content(self, tap: BodyTap | None, message: http.Message) -> Content:
        raw = message.raw_content
        if tap is not None and not raw:  # mitmproxy holds it after all where an empty body ended the message
            return tap.content()
        return self._cap.content_of(raw) if raw else _EMPTY

    def _since(self, monotonic_s: float) -> float:
        """On the recording's clock; microseconds are all that the hooks are good for."""
        assert self.intake is not None
        return round(self.intake.anchor.since_s(monotonic_s), 6)


_EMPTY = Content(size=0)


def _request_headers(request: http.Request) -> tuple[Header, ...]:
    """As sent. HTTP/2 has its host in a pseudo-header: it stands first, as a proxy to HTTP/1.1 writes it (RFC 9113)."""
    headers = _headers(request.headers)
    if request.is_http2 and request.data.authority and not any(one.name == "host" for one in headers):
        return (Header("host", _text(request.data.authority)), *headers)
    return headers


def _headers(headers: http.Headers) -> tuple[Header, ...]:
    return tuple([Header(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.fields])


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def tools() -> dict[str, str]:
    """What a recording says of the proxy that made it."""
    return {"mitmproxy": version("mitmproxy")}


addons = [RecorderAddon()]  # what a stock mitmproxy loads
