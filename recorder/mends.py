"""What mitmproxy's HTTP/1 lacks and production has: informational answers, and trailers of chunked bodies.

mitmproxy (11 and 12) takes a `103 Early Hints` for the answer itself, and fails with NotImplementedError on a trailer,
so that the exchange never ends. Within `mended()` both go through, and a flow knows which side an error came from. It
has no plug for any of it, so its classes are changed; tests on both versions hold that these places are still there.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import h11
from h11._readers import ChunkedReader
from mitmproxy import http
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import HttpStream, _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestProtocolError,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)

from recorder.watcher import ENDED_BY

Commands = Iterator[commands.Command]

_INFORMATIONAL = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d[ \r\n]")
_LAST_CHUNK = b"0\r\n\r\n"


class _TrailingReader(ChunkedReader):
    """Keeps the trailers apart, where mitmproxy does not meet them."""

    trailers: tuple[tuple[bytes, bytes], ...] = ()

    def __call__(self, buffer: Any) -> Any:
        event = super().__call__(buffer)
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = tuple(event.headers.raw_items())
            return h11.EndOfMessage()
        return event


def _body_reader(original: Callable[[int | None], Any]) -> Callable[[int | None], Any]:
    return lambda expected_size: _TrailingReader() if expected_size is None else original(expected_size)


def _read_body(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def read_body(self: _http1.Http1Connection, event: events.Event) -> Commands:
        for command in original(self, event):
            fields = getattr(self.body_reader, "trailers", ())
            end = command.event if fields and isinstance(command, ReceiveHttp) else None
            if isinstance(end, (RequestEndOfMessage, ResponseEndOfMessage)):
                self.body_reader.trailers = ()  # type: ignore[union-attr]  # only a _TrailingReader has any
                kind = RequestTrailers if isinstance(end, RequestEndOfMessage) else ResponseTrailers
                yield ReceiveHttp(kind(end.stream_id, http.Headers(fields)))
            yield command

    return read_body


def _send(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Trailers are held until the end of the message; where it is not chunked there is no place for them."""

    def send(self: Any, event: Any) -> Commands:
        if isinstance(event, (RequestTrailers, ResponseTrailers)):
            self.held_trailers = event.trailers
            return
        trailers = getattr(self, "held_trailers", None)
        if trailers is None or not isinstance(event, (RequestEndOfMessage, ResponseEndOfMessage)):
            yield from original(self, event)
            return
        self.held_trailers = None
        for command in original(self, event):
            if isinstance(command, commands.SendData) and command.data == _LAST_CHUNK:
                command.data = b"0\r\n" + bytes(trailers) + b"\r\n"
            yield command

    return send


def _read_headers(original: Callable[..., Commands]) -> Callable[..., Commands]:
    """Informational answers go on to clients of HTTP/1.1, but for 100: mitmproxy has answered `Expect` itself."""

    def read_headers(self: _http1.Http1Client, event: events.Event) -> Commands:
        while self.request and _INFORMATIONAL.match(bytes(self.buf)):
            head = bytes(self.buf).partition(b"\r\n\r\n")
            if not head[1]:
                break
            self.buf.maybe_extract_at_most(len(head[0]) + 4)
            if self.request.http_version == "HTTP/1.1" and head[0][9:12] != b"100":
                yield commands.SendData(self.context.client, head[0] + head[1])
        yield from original(self, event)

    return read_headers


def _handle_protocol_error(original: Callable[..., Commands]) -> Callable[..., Commands]:
    def handle_protocol_error(self: HttpStream, event: Any) -> Commands:
        by = "client" if isinstance(event, RequestProtocolError) else "upstream"
        self.flow.metadata.setdefault(ENDED_BY, by)
        yield from original(self, event)

    return handle_protocol_error


@contextmanager
def mended() -> Iterator[None]:
    """Within it, for the whole process."""
    places: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (_http1, "make_body_reader", _body_reader),
        (_http1.Http1Connection, "read_body", _read_body),
        (_http1.Http1Server, "send", _send),
        (_http1.Http1Client, "send", _send),
        (_http1.Http1Client, "read_headers", _read_headers),
        (HttpStream, "handle_protocol_error", _handle_protocol_error),
    )
    with ExitStack() as stack:
        for owner, name, mend in places:
            original = getattr(owner, name)
            setattr(owner, name, mend(original))
            stack.callback(setattr, owner, name, original)
        yield
