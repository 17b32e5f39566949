"""A step: one request of a plan, what fills it, and what production answered. Data only."""

from __future__ import annotations

import base64
from typing import Literal

import msgspec

Protocol = Literal["http/1.1", "h2", "websocket"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of a plan's file: what a version does not know is an error there, never skipped."""


class Body(Record, frozen=True, omit_defaults=True):
    """A request body: `text` where it is UTF-8, else `base64`."""

    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, raw: bytes) -> Body | None:
        """None for an empty body."""
        if not raw:
            return None
        try:
            return cls(text=raw.decode())
        except UnicodeDecodeError:
            return cls(base64=base64.b64encode(raw).decode("ascii"))

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


class Request(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A request template: as recorded, before bindings write into it. Header text is Latin-1, one code point a byte.

    It has no hop-by-hop headers (`target.HOP_BY_HOP`): Host and the framing of the body are written when it is sent.
    Kept of them are only a 'Connection: close' that an HTTP/1.1 client sent, and the 'TE: trailers' of an HTTP/2 one.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    trailers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False  # it said no length: 'Transfer-Encoding: chunked', or a body over h2 without Content-Length
    expects: bool = False  # its body waits for a 100 Continue: 'Expect: 100-continue'


class Message(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A WebSocket message, `at_s` after the 101 came. The server's own say what the client had waited for: a client's
    message is not sent before as many have come as stand before it. Text is UTF-8; control frames are none."""

    at_s: float
    from_client: bool = True
    binary: bool = False
    body: Body | None = None


class Binding(Record, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """The value at `into` of this step's request is what step `from_`'s response said at `at`.

    Places are `replayer.places` text: 'path:2', 'query:page', 'json:$.order.id', 'form:csrf', 'header:If-Match',
    'cookie:sid'. `wrap` holds the value where it is only a part of the place: 'Bearer {}'. `confidence` says how sure
    it is that the value came from there: 1 where someone wrote it.
    """

    into: str
    from_: str
    at: str
    wrap: str = "{}"
    confidence: float = 1.0


class Recorded(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What production answered to this step: the baseline that a replay is compared with."""

    status: int | None = None
    latency_s: float | None = None
    error: str | None = None
    attempts: int = 1  # the client's own retries are folded into the step that they repeat


class Step(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One request of a plan. `due_s` counts from the plan's start; `after` are the steps it must follow.

    A session's steps of one `connection` share one, as the client's did; of '' they take whichever is free, and are
    never kept from being sent by another that is still answered. `closes` is true of the last step of a connection that
    its client closed; `gives_up_s` after it was sent the client hangs up, whatever has come of the answer. `protocol`
    is 'websocket' of what was answered 101 with 'Upgrade: websocket' (its `request` is the opening GET); HTTP/3 goes as
    'h2', HTTP/1.0 as 'http/1.1' with `closes`. Other upgrades are `unsupported`.
    """

    id: str
    due_s: float
    session: str
    route: str  # method and path template: 'POST /orders/{id}'
    request: Request
    after: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    barrier: str | None = None  # steps that share one are released together
    connection: str = ""
    closes: bool = False  # its connection is closed after it
    gives_up_s: float | None = None  # None: the budget's step_timeout_s
    redelivers: str = ""  # the step whose very bytes it sends, once more: both are one logical request
    protocol: Protocol = "http/1.1"
    messages: tuple[Message, ...] = ()  # of a WebSocket, in order
    lasts_s: float = 0.0  # how long its client kept a WebSocket open, on the plan's clock as its messages' `at_s`
    unsupported: str = ""  # why it cannot be sent as recorded; it is counted as not sent, with this reason
    recorded: Recorded | None = None
