"""HAR 1.2, written entry by entry, with what an exchange has and HAR has no place for in `_foreshock` and `_wire`."""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET

from foreshock import __version__
from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Content, Exchange, Header, Message, Request, header, header_values
from recorder.formats.harentry import Body, Entry, HarRequest, HarResponse, Ours, Pair, PostData, SocketMessage, Timings
from recorder.formats.urls import Base


def write(exchanges: Iterable[Exchange], base: Base, wall_s: float) -> Iterator[bytes]:
    """A HAR file, piece by piece. `wall_s` is the Unix time of the recording's zero."""
    creator = msgspec.json.encode({"name": "Foreshock", "version": __version__})
    yield b'{"log":{"version":"1.2","creator":' + creator + b',"pages":[],"entries":['
    encoder = msgspec.json.Encoder()
    before = b"\n"
    for exchange in exchanges:
        yield before + encoder.encode(_entry(exchange, base, wall_s))
        before = b",\n"
    yield b"\n]}}\n"


def _entry(exchange: Exchange, base: Base, wall_s: float) -> Entry:
    started_s = exchange.started_s
    first_byte_s = exchange.ended_s if exchange.first_byte_s is None else exchange.first_byte_s
    return Entry(
        started_date_time=datetime.fromtimestamp(wall_s + started_s, UTC),
        time=_between_ms(started_s, exchange.ended_s),
        request=_har_request(exchange.request, base),
        response=_har_response(exchange),
        cache={},
        timings=Timings(
            send=_between_ms(started_s, exchange.request_ended_s),
            wait=max(_between_ms(exchange.request_ended_s, first_byte_s), 0),
            receive=max(_between_ms(first_byte_s, exchange.ended_s), 0),
        ),
        connection=exchange.connection,
        messages=tuple(_socket_message(one, wall_s) for one in exchange.messages) or UNSET,
        ours=_ours(exchange),
    )


def _ours(exchange: Exchange) -> Ours:
    asked, response = exchange.request.post_data, exchange.response
    answered = response.content if response else Content(size=0)
    first_byte_s = exchange.first_byte_s
    return Ours(
        id=exchange.id,
        session=exchange.session,
        nth=exchange.nth,
        closes=exchange.closes,
        recorder=exchange.recorder,
        target=exchange.request.url,
        first_byte_ms=None if first_byte_s is None else _between_ms(exchange.started_s, first_byte_s),
        request_trailers=_pairs(exchange.request.trailers),
        response_trailers=_pairs(response.trailers) if response else (),
        request_size=asked.size if asked.size and not asked.text else None,
        response_size=answered.size if answered.size and not answered.text else None,
        request_digest=asked.digest,
        response_digest=answered.digest,
        messages_left_out=exchange.messages_left_out,
        goes_on=exchange.goes_on,
    )


def _har_request(request: Request, base: Base) -> HarRequest:
    url = base.url(request)
    return HarRequest(
        method=request.method,
        url=url,
        http_version=request.http_version,
        cookies=_cookies(value for line in header_values(request.headers, "cookie") for value in line.split(";")),
        headers=_pairs(request.headers),
        query_string=_query(url),
        post_data=_post_data(request) if request.post_data.text else UNSET,
        body_size=request.post_data.size,
    )


def _post_data(request: Request) -> PostData:
    text, encoding, wire = _decoded(request.headers, request.post_data)
    return PostData(mime_type=_mime_type(request.headers), text=text, own_encoding=encoding, own_wire=wire)


def _har_response(exchange: Exchange) -> HarResponse:
    response = exchange.response
    if response is None:
        body = Body(size=0, mime_type="x-unknown")
        return HarResponse(http_version="", content=body, body_size=0, error=exchange.error)
    text, encoding, wire = _decoded(response.headers, response.content)
    size = len(base64.b64decode(text)) if encoding else len(text.encode())
    return HarResponse(
        status=response.status,
        status_text=response.status_text,
        http_version=response.http_version,
        cookies=_cookies(line.partition(";")[0] for line in header_values(response.headers, "set-cookie")),
        headers=_pairs(response.headers),
        content=Body(
            size=size or response.content.size,
            mime_type=_mime_type(response.headers),
            text=text or None,
            encoding=encoding,
            own_wire=wire,
        ),
        redirect_url=header(response.headers, "location") or "",
        body_size=response.content.size,
    )


def _decoded(headers: tuple[Header, ...], content: Content) -> tuple[str, str | None, str | None]:
    """(text, its encoding, base64 of the wire's bytes where encoding the text again would not give them)."""
    named = header(headers, "content-encoding")
    if not named or not content.text:
        return content.text, content.encoding, None
    raw = content.raw
    wire = base64.b64encode(raw).decode("ascii")
    try:
        coding = coding_of(named)
        decoded = coding.decode(raw)
    except CannotDecode:
        return "", None, wire
    plain = Content.of(decoded)
    return plain.text, plain.encoding, None if coding.encode(decoded) == raw else wire


def _socket_message(one: Message, wall_s: float) -> SocketMessage:
    raw = one.content.raw
    kept = not one.content.size or bool(raw)
    return SocketMessage(
        type="send" if one.from_client else "receive",
        time=round(wall_s + one.at_s, 6),
        opcode=2 if one.binary else 1,
        data=base64.b64encode(raw).decode("ascii") if one.binary else raw.decode("utf-8", "replace"),
        size=UNSET if kept else one.content.size,
        digest=UNSET if kept or one.content.digest is None else one.content.digest,
    )


def _between_ms(earlier_s: float, later_s: float) -> float:
    return round((later_s - earlier_s) * 1000, 3)


def _pairs(headers: Iterable[Header]) -> tuple[Pair, ...]:
    return tuple(Pair(one.name, one.value) for one in headers)


def _cookies(pairs: Iterable[str]) -> msgspec.Raw:
    parts = (pair.strip().partition("=") for pair in pairs)
    return msgspec.Raw(msgspec.json.encode([Pair(name, value) for name, _, value in parts if name]))


def _query(url: str) -> msgspec.Raw:
    query = url.partition("?")[2]
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace") if query else []
    return msgspec.Raw(msgspec.json.encode([Pair(name, value) for name, value in pairs]))


def _mime_type(headers: tuple[Header, ...]) -> str:
    return header(headers, "content-type") or "x-unknown"
