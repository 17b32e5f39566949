"""mitmproxy's flow files, of every version that mitmproxy.io reads. The only format here that knows mitmproxy.

Flows are taken as the state that the file holds, not as mitmproxy's objects: making those takes most of an import.
"""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from mitmproxy import connection, flow, http, websocket
from mitmproxy.io import FlowWriter, compat, tnetstring
from mitmproxy.version import FLOW_FORMAT_VERSION

from recorder.exchange import Content, Exchange, Header, Message
from recorder.formats.flowstate import BINARY, TEXT, WANTED, Flow, Ours, exchange_of, origin_of
from recorder.formats.reading import Imported, Notes, Origin, Skipped
from recorder.formats.source import Source, Torn
from recorder.formats.tnetstrings import skimmed
from recorder.formats.urls import Base, address_of

FLOW_BYTES = 512 << 20  # a longer one would fill the memory

_LENGTH = re.compile(rb"(\d{1,12}):")
_LENGTH_BYTES = 13  # of one, with its colon


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """HTTP flows in the file's order, which is that in which they ended."""
    number = 0
    while head := _head(source):
        number += 1
        where = f"flow {number} (byte {source.tell() - len(head)})"
        length = _LENGTH.fullmatch(head)
        if length is None or int(length[1]) > FLOW_BYTES:
            what = "expected the length of a flow" if length is None else f"a flow of more than {FLOW_BYTES >> 20} MiB"
            raise Torn(f"{source.path}: {where}: {what}; no mitmproxy flow file, or damaged")
        try:
            state = _state(head + source.read(int(length[1]) + 1))  # its type stands behind it
        except (ValueError, TypeError, IndexError, RecursionError):  # what mitmproxy.io itself expects of it
            raise Torn(f"{source.path}: the file ends inside of {where}, or is damaged there") from None
        yield _imported(state, where, origin, notes)


def _head(source: Source) -> bytes:
    """A flow's length with its colon; b'' at the end of the file, and what stands there where it is no length."""
    head = b""
    while (byte := source.read(1)) and len(head) < _LENGTH_BYTES:
        head += byte
        if byte == b":":
            break
    return head


def _state(data: bytes) -> Any:
    """The flow's state: what we want of one of this mitmproxy's format, all that mitmproxy.io reads of an older one."""
    try:
        state = skimmed(data, WANTED)
    except (ValueError, RecursionError):
        return tnetstring.loads(data)
    return state if state.get("version") == FLOW_FORMAT_VERSION else tnetstring.loads(data)


def _imported(state: Any, where: str, origin: Origin, notes: Notes) -> Imported | Skipped:
    try:
        state = compat.migrate_flow(state)
        kind = state["type"]
        if kind != "http":
            return Skipped(f"a {kind.upper()} flow, not HTTP" if kind in ("tcp", "udp", "dns") else "not HTTP", where)
        one = msgspec.convert(state, Flow, builtin_types=(bytes,))
        return Imported(
            exchange_of(one, origin, notes),
            address=str(one.client_conn.peername[0]) if one.client_conn.peername else "",
            origin=origin_of(one.request),
        )
    except msgspec.ValidationError as error:
        return Skipped(f"no flow: {error}", where)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:  # of a migration on strange data
        return Skipped(f"no flow that this mitmproxy reads: {type(error).__name__}", where)


def write(exchanges: Iterable[Exchange], base: Base, wall_s: float) -> Iterator[bytes]:
    """A flow file, flow by flow. `wall_s` is the Unix time of the recording's zero."""
    for exchange in exchanges:
        file = io.BytesIO()
        FlowWriter(file).add(_flow(exchange, base, wall_s))  # type: ignore[no-untyped-call]
        yield file.getvalue()


def _flow(exchange: Exchange, base: Base, wall_s: float) -> http.HTTPFlow:
    server = address_of(base.origin(exchange.request))
    client = connection.Client(
        peername=("", 0), sockname=("", 0), timestamp_start=round(wall_s + exchange.started_s, 6)
    )
    client.id = exchange.connection
    made = http.HTTPFlow(client, connection.Server(address=server))
    made.id = exchange.id
    made.timestamp_created = round(wall_s + exchange.started_s, 6)
    made.request = _http_request(exchange, server, base.scheme, wall_s)
    made.response = _http_response(exchange, wall_s)
    if exchange.error is not None:
        made.error = flow.Error(exchange.error, round(wall_s + exchange.ended_s, 6))
    if exchange.messages:
        made.websocket = websocket.WebSocketData(messages=[_message(one, wall_s) for one in exchange.messages])
    made.metadata = {"foreshock": msgspec.to_builtins(_ours(exchange))}
    return made


def _http_request(exchange: Exchange, server: tuple[str, int], scheme: str, wall_s: float) -> http.Request:
    request = exchange.request
    return http.Request(
        host=server[0],
        port=server[1],
        method=request.method.encode("latin-1"),
        scheme=scheme.encode(),
        authority=b"",
        path=request.url.encode("latin-1"),
        http_version=request.http_version.encode("latin-1"),
        headers=_fields(request.headers),
        content=_kept(request.post_data),
        trailers=_fields(request.trailers) if request.trailers else None,
        timestamp_start=round(wall_s + exchange.started_s, 6),
        timestamp_end=round(wall_s + exchange.request_ended_s, 6),
    )


def _http_response(exchange: Exchange, wall_s: float) -> http.Response | None:
    response = exchange.response
    if response is None:
        return None
    first_byte_s = exchange.ended_s if exchange.first_byte_s is None else exchange.first_byte_s
    return http.Response(
        http_version=response.http_version.encode("latin-1"),
        status_code=response.status,
        reason=response.status_text.encode("latin-1"),
        headers=_fields(response.headers),
        content=_kept(response.content),
        trailers=_fields(response.trailers) if response.trailers else None,
        timestamp_start=round(wall_s + first_byte_s, 6),
        timestamp_end=round(wall_s + exchange.ended_s, 6),
    )


def _message(one: Message, wall_s: float) -> websocket.WebSocketMessage:
    kind = BINARY if one.binary else TEXT
    return websocket.WebSocketMessage(kind, one.from_client, one.content.raw, round(wall_s + one.at_s, 6))


def _ours(exchange: Exchange) -> Ours:
    asked, response = exchange.request.post_data, exchange.response
    answered = response.content if response else Content(size=0)
    first_byte_s = exchange.first_byte_s
    return Ours(
        session=exchange.session,
        nth=exchange.nth,
        closes=exchange.closes,
        recorder=exchange.recorder,
        request_size=asked.size if _kept(asked) is None else None,
        response_size=answered.size if _kept(answered) is None else None,
        request_digest=asked.digest,
        response_digest=answered.digest,
        messages_left_out=exchange.messages_left_out,
        goes_on=exchange.goes_on,
        first_byte_ms=None if first_byte_s is None else round((first_byte_s - exchange.started_s) * 1000, 3),
    )


def _kept(content: Content) -> bytes | None:
    """mitmproxy's None is a body that was not kept."""
    return None if content.size and not content.text else content.raw


def _fields(headers: tuple[Header, ...]) -> http.Headers:
    return http.Headers([(one.name.encode("latin-1"), one.value.encode("latin-1")) for one in headers])
