"""What comes after its exchange was written: the messages of a WebSocket, the events of a stream, and its end.

Such an exchange may take days, and a recorder that is killed must not lose them. So it is written when it opens,
marked as one that goes on, and each of these is a line of `messages-*.jsonl.zst`, which names the exchange; reading
joins them.
"""

from typing import TypeAlias

import msgspec

from recorder.exchange import Content, Exchange, Message, Response, header


class MessageLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag="message"):
    """`nth` counts from 1 what was offered of its exchange: a gap is what was lost on the way."""

    of: str  # the id of its exchange
    nth: int
    at_s: float
    from_client: bool = False
    binary: bool = False
    content: Content


class EndLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag="end"):
    """The last line of its exchange. `nth` is one more than the last message's; `left_out` came after the bound."""

    of: str
    nth: int
    ended_s: float
    closes: bool = False
    error: str | None = None
    left_out: int = 0


Following: TypeAlias = MessageLine | EndLine


def is_socket(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 101


def content_type(exchange: Exchange) -> str:
    """In lower case, of what its messages are pieces of; '' where each is a whole of its own."""
    if exchange.response is None or is_socket(exchange):
        return ""
    return (header(exchange.response.headers, "content-type") or "").lower()


def joined(exchange: Exchange, lines: list[Following], offset_s: float = 0.0) -> Exchange:
    """The exchange with all that followed. It still `goes_on` if its end is not among them.

    `offset_s` is added to the lines' times, and was to the exchange's.
    """
    lines = [_moved(line, offset_s) for line in lines] if offset_s else lines
    messages = sorted((line for line in lines if isinstance(line, MessageLine)), key=lambda line: line.nth)
    end = next((line for line in lines if isinstance(line, EndLine)), None)
    last_s = messages[-1].at_s if messages else exchange.ended_s
    whole = msgspec.structs.replace(
        exchange,
        ended_s=end.ended_s if end else last_s,
        closes=exchange.closes or (end is not None and end.closes),
        goes_on=end is None,
        messages_left_out=end.left_out if end else 0,
    )
    if is_socket(exchange):
        whole = msgspec.structs.replace(whole, messages=tuple(map(_message, messages)))
    elif exchange.response is not None:
        whole = msgspec.structs.replace(whole, response=_with_body(exchange.response, messages))
    if end is None or end.error is None:
        return whole
    return msgspec.structs.replace(whole, response=None, error=end.error)


def _moved(line: Following, offset_s: float) -> Following:
    if isinstance(line, EndLine):
        return msgspec.structs.replace(line, ended_s=round(line.ended_s + offset_s, 6))
    return msgspec.structs.replace(line, at_s=round(line.at_s + offset_s, 6))


def _message(line: MessageLine) -> Message:
    return Message(at_s=line.at_s, from_client=line.from_client, binary=line.binary, content=line.content)


def _with_body(response: Response, pieces: list[MessageLine]) -> Response:
    return msgspec.structs.replace(response, content=Content.of(b"".join(piece.content.raw for piece in pieces)))
