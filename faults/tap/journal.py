"""What a tap tells of its link: its connections, its requests, its rules' counts. Data only, as it is sent.

Times are seconds of CLOCK_MONOTONIC, the same for every process of the machine. Bytes are those of the client's side:
`bytes_up` as they came from the client, `bytes_down` as they were passed on to it.
"""

from typing import Literal

import msgspec

from faults.tap.rule import RuleCount

Protocol = Literal["", "http/1.1", "http/2", "bytes"]  # '' is not known yet
HttpProtocol = Literal["http/1.1", "http/2"]
Ended = Literal["answered", "cut", "reset", "closed", "open"]


class TapConnection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ended` is '' while it lives, else who ended it and how ('client closed', 'upstream reset', 'disabled', ...).

    A turnaround is the time from the last byte up to the first byte down, whatever is spoken; the median is that of
    the latest 64.
    """

    ordinal: int  # from 1, in the order of acceptance
    opened_s: float
    active_s: float  # when it was opened, closed or moved bytes for the last time
    closed_s: float | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: str = ""
    protocol: Protocol = ""
    fault: str | None = None  # id of the rule that steered all of it to a lane
    answered: int = 0  # turnarounds
    turnaround_p50_ms: float | None = None
    turnaround_max_ms: float | None = None


class TapCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request. How it `ended`: 'answered', the whole answer came; 'cut', it began and broke off; 'closed' or 'reset',
    FIN or RST came instead of one (a reset in an answer is 'reset' too); 'open', nothing of this.

    An 'open' one that has an `ended_s` is over all the same: its client went away, or the tap could not follow any
    longer what was spoken.
    """

    ordinal: int  # of the tap's requests, from 1
    connection: int
    protocol: HttpProtocol
    method: str
    path: str  # without its query
    started_s: float  # first byte of the request
    asked_s: float | None = None  # its last byte
    first_byte_s: float | None = None  # of the answer (a 1xx is none)
    ended_s: float | None = None
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: Ended = "open"
    fault: str | None = None  # id of the rule that steered it
    trace: str | None = None  # trace id of its `traceparent`
    digest: str = ""  # of method, target and body, keyed for this process; '' where the body is over 1 MiB


class TapJournal(msgspec.Struct, frozen=True, kw_only=True):
    """Totals are since the tap was made; `forgotten` connections and calls are older than what it keeps."""

    now_s: float
    opened: int
    forgotten: int
    bytes_up: int
    bytes_down: int
    refused: int  # connections to the upstream, or to a lane, that were refused
    called: int
    calls_forgotten: int
    connections: tuple[TapConnection, ...]
    calls: tuple[TapCall, ...]
    rules: tuple[RuleCount, ...]
