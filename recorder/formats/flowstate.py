"""A flow as mitmproxy's files hold it, and the exchange that it is. Knows the format, and not mitmproxy."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.failure import error_of
from recorder.formats.reading import NO_RESPONSE, Notes, Origin
from recorder.formats.tnetstrings import Wanted

NO_BODY = "a body is not in the file (mitmproxy streamed it): its size is not known"

TEXT, BINARY = 1, 2  # opcodes (RFC 6455, 11.8)
WANTED: Wanted = {
    b"version": None,
    b"type": None,
    b"id": None,
    b"request": None,
    b"response": None,
    b"error": None,
    b"client_conn": {b"id": None, b"peername": None},
    b"websocket": None,
    b"metadata": None,
}

Fields = tuple[tuple[bytes, bytes], ...]


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    http_version: bytes
    headers: Fields
    content: bytes | None
    trailers: Fields | None = None
    timestamp_start: float
    timestamp_end: float | None = None


class _Request(_Message, frozen=True, kw_only=True):
    host: str
    port: int
    method: bytes
    scheme: bytes
    authority: bytes
    path: bytes


class _Response(_Message, frozen=True, kw_only=True):
    status_code: int
    reason: bytes


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    msg: str
    timestamp: float


class _Client(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    peername: tuple[Any, ...] | None = None  # host, port, and for IPv6 two numbers more


class _Socket(msgspec.Struct, frozen=True, kw_only=True):
    messages: tuple[tuple[int, bool, bytes, float, bool, bool], ...]  # opcode, from client, content, Unix time, ...


class Ours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an exchange has and a flow has no place for: in the flow's metadata."""

    session: str = ""
    nth: int = 0
    closes: bool = False
    recorder: str = ""
    request_size: int | None = None  # of bodies whose text was not kept
    response_size: int | None = None
    request_digest: str | None = None
    response_digest: str | None = None
    messages_left_out: int = 0
    goes_on: bool = False
    first_byte_ms: float | UnsetType | None = UNSET  # since the request's; None: not known


class _Metadata(msgspec.Struct, frozen=True, kw_only=True):
    foreshock: Ours | None = None


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    request: _Request
    response: _Response | None = None
    error: _Error | None = None
    client_conn: _Client
    websocket: _Socket | None = None
    metadata: _Metadata = _Metadata()


def origin_of(request: _Request) -> str:
    """'https://shop.example:8443', without the scheme's own port."""
    host = request.authority.decode("latin-1") or f"{request.host}:{request.port}"
    scheme = request.scheme.decode("latin-1") or "http"
    return f"{scheme}://{host.removesuffix({'http': ':80', 'https': ':443'}.get(scheme, ':'))}"


def exchange_of(one: Flow, origin: Origin, notes: Notes) -> Exchange:
    """What the flow says of an exchange; a flow with an error has no response, whatever came of one."""
    request, response, error = one.request, one.response, one.error
    ours = one.metadata.foreshock or Ours()
    started = request.timestamp_start
    request_ended = request.timestamp_end or started
    first_byte = response.timestamp_start if response else None
    ended = error.timestamp if error else response.timestamp_end if response else None
    failed = None if response else NO_RESPONSE
    if error:  # mitmproxy's words may quote the traffic; ours are written already
        whole = request.timestamp_end is not None
        failed = error.msg if one.metadata.foreshock else error_of(error.msg, by=None, request_ended=whole)
    return Exchange(
        id=one.id,
        session=ours.session,
        connection=one.client_conn.id,
        nth=ours.nth,
        closes=ours.closes,
        recorder=ours.recorder,
        started_s=origin.since_s(started),
        request_ended_s=origin.since_s(request_ended),
        first_byte_s=_first_byte_s(started, first_byte, ours, origin),
        ended_s=origin.since_s(max(ended or first_byte or request_ended, started)),
        request=Request(
            method=_text(request.method),
            url=_text(request.path or request.authority),  # of CONNECT the latter
            http_version=_text(request.http_version),
            headers=_headers(request.headers),
            post_data=_content(request.content, ours.request_size, ours.request_digest, notes),
            trailers=_headers(request.trailers or ()),
        ),
        response=None if error or not response else _response(response, ours, notes),
        error=failed,
        messages=_messages(one.websocket, origin) if one.websocket else (),
        messages_left_out=ours.messages_left_out,
        goes_on=ours.goes_on,
    )


def _first_byte_s(started: float, first_byte: float | None, ours: Ours, origin: Origin) -> float | None:
    if ours.first_byte_ms is not UNSET:
        first_byte = None if ours.first_byte_ms is None else started + ours.first_byte_ms / 1000
    return None if first_byte is None else origin.since_s(first_byte)


def _response(response: _Response, ours: Ours, notes: Notes) -> Response:
    return Response(
        status=response.status_code,
        status_text=_text(response.reason),
        http_version=_text(response.http_version),
        headers=_headers(response.headers),
        content=_content(response.content, ours.response_size, ours.response_digest, notes),
        trailers=_headers(response.trailers or ()),
    )


def _content(raw: bytes | None, size: int | None, digest: str | None, notes: Notes) -> Content:
    if raw is not None:
        return Content.of(raw)
    if size is None:
        notes.count(NO_BODY)
    return Content(size=size or 0, digest=digest)


def _messages(socket: _Socket, origin: Origin) -> tuple[Message, ...]:
    return tuple(
        Message(
            at_s=origin.since_s(at),
            from_client=from_client,
            binary=opcode == BINARY,
            content=Content.of(content),
        )
        for opcode, from_client, content, at, *_ in socket.messages
    )


def _headers(fields: Fields) -> tuple[Header, ...]:
    return tuple(Header(_text(name), _text(value)) for name, value in fields)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
