"""An entry of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as loose as browsers write it.

Fields that begin with `_` are extensions, which the specification allows: Chrome's, and ours in `_foreshock`.
"""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

NOTHING = msgspec.Raw(b"[]")


class Pair(msgspec.Struct, frozen=True):
    name: str
    value: str | None = ""


class PostData(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`encoding` is not in HAR 1.2 for what was posted; Insomnia and others write it, and we write `_encoding`."""

    mime_type: str | None = None
    text: str | None = None
    params: tuple[Pair, ...] | None = None
    encoding: str | None = None
    own_encoding: str | None = msgspec.field(default=None, name="_encoding")
    own_wire: str | None = msgspec.field(default=None, name="_wire")


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A response's content: decoded as Content-Encoding says. `_wire` is base64 of what crossed the wire instead."""

    size: float | None = None
    mime_type: str | None = None
    text: str | None = None
    encoding: str | None = None
    own_wire: str | None = msgspec.field(default=None, name="_wire")


class HarRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    method: str
    url: str
    http_version: str | None = None
    cookies: msgspec.Raw = NOTHING
    headers: tuple[Pair, ...] = ()
    query_string: msgspec.Raw = NOTHING
    post_data: PostData | UnsetType | None = UNSET
    headers_size: float | None = -1
    body_size: float | None = -1


class HarResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    status: int | None = 0
    status_text: str | None = ""
    http_version: str | None = None
    cookies: msgspec.Raw = NOTHING
    headers: tuple[Pair, ...] = ()
    content: Body | None = None
    redirect_url: str | None = msgspec.field(default="", name="redirectURL")
    headers_size: float | None = -1
    body_size: float | None = -1
    error: str | UnsetType | None = msgspec.field(default=UNSET, name="_error")


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds; -1 or null is unknown. `ssl` is a part of `connect`."""

    blocked: float | None = -1
    dns: float | None = -1
    connect: float | None = -1
    send: float | None = 0
    wait: float | None = 0
    receive: float | None = 0
    ssl: float | None = -1


class SocketMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Chrome's: `opcode` 1 is text, 2 binary and `data` base64; `time` is Unix time in seconds."""

    type: str  # send, receive
    time: float
    opcode: int
    data: str
    size: int | UnsetType = msgspec.field(default=UNSET, name="_size")  # ours, where the data was not kept
    digest: str | UnsetType = msgspec.field(default=UNSET, name="_digest")


class Ours(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an exchange has and HAR has no place for."""

    id: str
    session: str = ""
    nth: int = 0
    closes: bool = False
    recorder: str = ""
    target: str  # as sent: HAR's url is absolute
    first_byte_ms: float | None = None  # of the response, since the request's
    request_trailers: tuple[Pair, ...] = ()
    response_trailers: tuple[Pair, ...] = ()
    request_size: int | None = None  # of bodies whose text was not kept
    response_size: int | None = None
    request_digest: str | None = None
    response_digest: str | None = None
    messages_left_out: int = 0
    goes_on: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    started_date_time: datetime
    time: float | None = 0
    request: HarRequest
    response: HarResponse | None = None
    cache: dict[str, msgspec.Raw] | UnsetType | None = UNSET
    timings: Timings | None = None
    connection: str | UnsetType | None = UNSET
    messages: tuple[SocketMessage, ...] | UnsetType | None = msgspec.field(default=UNSET, name="_webSocketMessages")
    ours: Ours | UnsetType = msgspec.field(default=UNSET, name="_foreshock")
