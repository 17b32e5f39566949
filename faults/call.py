"""A call: one request that a tap saw on a link, and which step of the plan caused it. Data only."""

from typing import Literal

import msgspec


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times are seconds on the run's clock. Never written to disk with its `path`: that may hold what is private."""

    link: str
    ordinal: int  # of the link's requests, from 1
    connection: int  # of the link's connections, from 1
    protocol: Literal["http/1.1", "http/2"]
    method: str
    path: str  # without its query
    started_s: float  # first byte of the request
    asked_s: float | None = None  # its last byte
    first_byte_s: float | None = None  # of the answer
    ended_s: float | None = None  # last byte of the answer, or when it was clear that none comes; None: still open
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: Literal["answered", "cut", "reset", "closed", "open"] = "open"
    fault: str | None = None  # that it was steered to
    trace: str | None = None  # trace id of its `traceparent`
    digest: str = ""  # of method, target and body, keyed for the run: equal for duplicate calls, says nothing else
    step: str | None = None
    by: Literal["traceparent", "time"] | None = None  # how the step is known


class Calls(msgspec.Struct, frozen=True):
    """What was `seen` of a plan's links, of each in order; at most so many more were `forgotten` by their taps."""

    seen: tuple[Call, ...] = ()
    forgotten: int = 0
