"""One HTTP request with its response (or its transport error) and timings: the line of a recording.

Names are HAR 1.2's where HAR has one (http://www.softwareishard.com/blog/har-12-spec/). Times are seconds on the
recording's clock, whose anchor stands in the manifest. Header bytes are kept exactly (order, case, duplicates), as
Latin-1 text, which maps every byte to one code point; bodies are the bytes that crossed the wire.
"""

import base64
from collections.abc import Iterable

import msgspec


class Header(msgspec.Struct, frozen=True):
    name: str
    value: str


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A body as it crossed the wire, still encoded as Content-Encoding says. `encoding` is 'base64' when not UTF-8.

    Of a body beyond the recorder's cap, `digest` stands for the text: HMAC-SHA256 in hex under a key of the recording's
    key, so that equal bodies are told and no text can be guessed. A body that could not be decoded, so not be
    redacted, is withheld: its size is all that is kept.
    """

    size: int  # bytes, of all of it
    text: str = ""
    encoding: str | None = None
    digest: str | None = None

    @classmethod
    def of(cls, raw: bytes) -> "Content":
        try:
            return cls(size=len(raw), text=raw.decode())
        except UnicodeDecodeError:
            return cls(size=len(raw), text=base64.b64encode(raw).decode("ascii"), encoding="base64")

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.text) if self.encoding == "base64" else self.text.encode()


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    method: str
    url: str  # the request target as sent: path and query, unnormalised
    http_version: str
    headers: tuple[Header, ...]
    post_data: Content
    trailers: tuple[Header, ...] = ()


class Response(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    status: int
    status_text: str
    http_version: str
    headers: tuple[Header, ...]
    content: Content
    trailers: tuple[Header, ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A WebSocket message: whole, without its frames and mask, decompressed."""

    at_s: float  # when it was whole at the recorder
    from_client: bool
    binary: bool = False
    content: Content


class Exchange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`response` is None exactly when `error` says why there is none (never disguised as a 5xx).

    A WebSocket is one exchange: the request that opened it, the 101, and its `messages` in order. A line that
    `goes_on` was written when it opened, and what followed stands apart (following.py). Once these are joined, it is
    an exchange whose end is not recorded.
    """

    id: str
    session: str
    connection: str  # of the client
    nth: int = 0  # request of its connection, from 1; 0: not known
    closes: bool = False  # the connection ended with this exchange
    recorder: str = ""  # which of several made it
    started_s: float  # first byte of the request
    request_ended_s: float
    first_byte_s: float | None = None  # of the response
    ended_s: float  # last byte of the response, or the error
    request: Request
    response: Response | None = None
    error: str | None = None
    messages: tuple[Message, ...] = ()
    messages_left_out: int = 0  # came after the bound on a socket's messages, or a stream's events
    goes_on: bool = False


def held_bytes(exchange: Exchange) -> int:
    """About how much memory its bodies take."""
    answered = len(exchange.response.content.text) if exchange.response else 0
    messages = sum(len(message.content.text) for message in exchange.messages)
    return len(exchange.request.post_data.text) + answered + messages


def header_values(headers: Iterable[Header], name: str) -> list[str]:
    """Values of every header called `name`, in order; names compare case-insensitively (RFC 9110, 5.1)."""
    wanted, length = name.lower(), len(name)  # of most headers the length alone says that it is another
    return [one.value for one in headers if len(one.name) == length and one.name.lower() == wanted]


def header(headers: Iterable[Header], name: str) -> str | None:
    """The first value of header `name`, or None."""
    wanted, length = name.lower(), len(name)
    for one in headers:
        if len(one.name) == length and one.name.lower() == wanted:
            return one.value
    return None
