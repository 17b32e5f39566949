"""What the headers of a message say of its body and its connection, in one pass over them."""

from collections.abc import Iterable
from typing import NamedTuple


class Framing(NamedTuple):
    """`length` is None where Content-Length does not say one: then the body is chunked, empty, or up to the end."""

    length: int | None
    chunked: bool
    closes: bool  # Connection: close
    keeps: bool  # Connection: keep-alive
    event_stream: bool
    coded: bool  # Content-Encoding


def framing_of(fields: Iterable[tuple[bytes, bytes]]) -> Framing:
    """Of header fields as they were sent. A length that is none counts as unknown."""
    length: int | None = None
    chunked = closes = keeps = event_stream = coded = False
    for name, value in fields:
        size = len(name)  # most names are told apart by it: lower() costs more
        if size == 14 and name.lower() == b"content-length":
            length = int(value) if value.isdigit() else None
        elif size == 17 and name.lower() == b"transfer-encoding":
            chunked = True
        elif size == 10 and name.lower() == b"connection":
            closes = b"close" in value.lower()
            keeps = b"keep-alive" in value.lower()
        elif size == 12 and name.lower() == b"content-type":
            event_stream = value[:17].lower() == b"text/event-stream"
        elif size == 16 and name.lower() == b"content-encoding":
            coded = value.strip().lower() not in (b"", b"identity")
    return Framing(length, chunked, closes, keeps, event_stream, coded)


def ends_connection(http_version: str, framing: Framing) -> bool:
    """Whether a message is the last of its connection (RFC 9112, 9.3). HTTP/2 says it in frames, not in messages."""
    if http_version == "HTTP/1.0":
        return not framing.keeps
    return framing.closes and http_version == "HTTP/1.1"
