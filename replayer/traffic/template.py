"""One exchange as what a step has of it: the request template, its protocol and messages, and the recorded answer."""

from __future__ import annotations

from recorder.exchange import Content, Exchange, Header, Response, header_values
from replayer.outcome import Answer
from replayer.plan import Body, Message, Protocol, Recorded, Request
from replayer.sending import decoded
from replayer.target import HOP_BY_HOP
from replayer.traffic.account import Account
from replayer.urltext import origin_form


def request_of(exchange: Exchange, protocol: Protocol) -> Request:
    """The request template of an exchange over `protocol`: as recorded, without what belongs to its connection but
    what `plan.Request` keeps of that."""
    recorded = exchange.request
    said = _said(recorded.headers)
    return Request(
        method=recorded.method,
        target=origin_form(recorded.url),
        headers=_kept(recorded.headers, said, protocol),
        body=Body.of(raw_of(recorded.post_data) or b""),
        trailers=tuple([(header.name, header.value) for header in recorded.trailers]),
        chunked=_said_no_length(exchange, said, protocol),
        expects="100-continue" in _tokens(said, "expect"),
    )


def _said(headers: tuple[Header, ...]) -> dict[str, str]:
    """What the headers say that are about the connection, by their names in small letters."""
    said: dict[str, str] = {}
    for header in headers:
        name = header.name.lower()
        if name in HOP_BY_HOP:
            said[name] = f"{said[name]}, {header.value}" if name in said else header.value
    return said


def _kept(headers: tuple[Header, ...], said: dict[str, str], protocol: Protocol) -> tuple[tuple[str, str], ...]:
    if not said:
        return tuple([(header.name, header.value) for header in headers])
    own = HOP_BY_HOP.union(_tokens(said, "connection"))
    closes = protocol != "h2" and "close" in _tokens(said, "connection")
    trailers = protocol == "h2" and _tokens(said, "te") == {"trailers"}
    kept = []
    for header in headers:
        name = header.name.lower()
        if name not in own or (trailers and name == "te"):
            kept.append((header.name, header.value))
        elif closes and name == "connection":
            kept.append((header.name, "close"))
    return tuple(kept)


def _said_no_length(exchange: Exchange, said: dict[str, str], protocol: Protocol) -> bool:
    if protocol == "h2":
        return exchange.request.post_data.size > 0 and "content-length" not in said
    return "chunked" in _tokens(said, "transfer-encoding")


def answer_of(response: Response) -> Answer | None:
    """A recorded response as a replayed one would be kept: its body without Content-Encoding; None if it is broken."""
    headers = tuple((header.name, header.value) for header in response.headers)
    raw = raw_of(response.content)
    if raw is None:
        return None
    body = decoded(headers, raw)
    return Answer(status=response.status, headers=headers, body=body, body_bytes=len(body))


def recorded_of(exchange: Exchange, attempts: int) -> Recorded:
    """The baseline: the answer, and how long its client waited for it through all `attempts`."""
    return Recorded(
        status=exchange.response.status if exchange.response else None,
        latency_s=round(exchange.ended_s - exchange.started_s, 6),
        error=exchange.error,
        attempts=attempts,
    )


def protocol_of(exchange: Exchange) -> Protocol:
    """What it is replayed over. HTTP/3 goes as HTTP/2, which shares a connection as it does."""
    version = exchange.request.http_version
    if exchange.messages or (switched(exchange) and "websocket" in _tokens(_said(exchange.request.headers), "upgrade")):
        return "websocket"
    if version in ("HTTP/1.1", "HTTP/1.0"):
        return "http/1.1"
    return "h2" if version.lower().startswith(("http/2", "http/3", "h2", "h3")) else "http/1.1"


def switched(exchange: Exchange) -> bool:
    """Whether the connection went on with another protocol."""
    return exchange.response is not None and exchange.response.status == 101


def closes_of(exchange: Exchange) -> bool:
    """Whether its connection ended with it, which is how HTTP/1.0 does."""
    return exchange.closes or exchange.request.http_version == "HTTP/1.0"


def messages_of(exchange: Exchange, account: Account) -> tuple[Message, ...]:
    """A WebSocket's messages, from when it was open. Those whose content was not kept are left out and counted."""
    account.messages_lost += exchange.messages_left_out
    open_s = _open_s(exchange)
    messages = []
    for message in exchange.messages:
        raw = whole_raw_of(message.content)
        if raw is None:
            account.messages_lost += 1
            continue
        at_s = max(0.0, round(message.at_s - open_s, 6))
        body = Body.of(raw)
        messages.append(Message(at_s=at_s, from_client=message.from_client, binary=message.binary, body=body))
    return tuple(messages)


def lasts_s_of(exchange: Exchange) -> float:
    """How long a WebSocket was open."""
    return max(0.0, round(exchange.ended_s - _open_s(exchange), 6))


def connection_of(exchange: Exchange) -> str:
    """Its client's connection, told from those of other recorders; '' where it is not known."""
    own = exchange.connection
    return f"{exchange.recorder}/{own}" if own and exchange.recorder else own


def raw_of(content: Content) -> bytes | None:
    """The bytes that were kept of a body; None where its line in the recording is damaged."""
    try:
        return content.raw
    except ValueError:  # neither base64 nor text that has bytes
        return None


def whole_raw_of(content: Content) -> bytes | None:
    """The bytes of a body that was kept whole, else None: one beyond the recorder's cap is only a digest."""
    raw = raw_of(content)
    return raw if raw is not None and len(raw) >= content.size else None


def said_length(headers: tuple[Header, ...]) -> int | None:
    """What Content-Length says; None where it says nothing that is a number."""
    said = header_values(headers, "content-length")
    return int(said[0]) if said and said[0].isdecimal() else None


def _open_s(exchange: Exchange) -> float:
    return exchange.request_ended_s if exchange.first_byte_s is None else exchange.first_byte_s


def _tokens(said: dict[str, str], name: str) -> set[str]:
    return {token.strip().lower() for token in said[name].split(",")} if name in said else set()
