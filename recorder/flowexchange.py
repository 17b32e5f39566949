"""A flow of mitmproxy's as an exchange: headers, bodies and times as they crossed the wire."""

from collections.abc import Callable

from mitmproxy import http
from mitmproxy.http import HTTPFlow

from recorder.body import BodyTap, Cap
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.failure import CLIENT_ABORTED
from recorder.flight import Flight

_EMPTY = Content(size=0)


def exchange_of(
    flow: HTTPFlow,
    flight: Flight,
    cap: Cap,
    since: Callable[[float], float],
    *,
    ended_s: float,
    error: str | None = None,
    goes_on: bool = False,
) -> Exchange:
    """The exchange, which the intake gives its session. `since` brings monotonic times on the recording's clock."""
    return Exchange(
        id=flight.id,
        session="",
        connection=flight.connection,
        nth=flight.nth,
        closes=flight.closes,
        started_s=since(flight.started_s),
        request_ended_s=since(flight.request_ended_s or ended_s),
        first_byte_s=None if flight.first_byte_s is None else since(flight.first_byte_s),
        ended_s=since(ended_s),
        request=_request(flow.request, flight, cap),
        response=_response(flow.response, flight, cap) if flow.response and not error else None,
        error=error if error or flow.response else CLIENT_ABORTED,
        goes_on=goes_on,
    )


def request_headers(request: http.Request) -> tuple[Header, ...]:
    """As sent. HTTP/2 has its host in a pseudo-header: it stands first, as a proxy to HTTP/1.1 writes it (RFC 9113)."""
    headers = _headers(request.headers)
    if request.is_http2 and request.data.authority and not any(one.name == "host" for one in headers):
        return (Header("host", _text(request.data.authority)), *headers)
    return headers


def _request(request: http.Request, flight: Flight, cap: Cap) -> Request:
    # from `data`, for mitmproxy's own decoding leaves surrogates, which JSON has no place for
    return Request(
        method=_text(request.data.method),
        url=_text(request.data.path),
        http_version=_text(request.data.http_version),
        headers=flight.headers,
        post_data=_content(flight.request_tap, request, cap),
        trailers=_headers(request.trailers) if request.trailers else (),
    )


def _response(response: http.Response, flight: Flight, cap: Cap) -> Response:
    return Response(
        status=response.status_code,
        status_text=_text(response.data.reason),
        http_version=_text(response.data.http_version),
        headers=_headers(response.headers),
        content=_content(flight.response_tap, response, cap),
        trailers=_headers(response.trailers) if response.trailers else (),
    )


def _content(tap: BodyTap | None, message: http.Message, cap: Cap) -> Content:
    raw = message.raw_content
    if tap is not None and not raw:  # mitmproxy holds it after all where an empty body ended the message
        return tap.content()
    return cap.content_of(raw) if raw else _EMPTY


def _headers(headers: http.Headers) -> tuple[Header, ...]:
    return tuple([Header(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.fields])


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
