"""The shape of a recording, as data: what shape.json holds. Times are seconds, shares are 0.0 to 1.0.

An example is the id of the first exchange in which a thing was seen; no text of the traffic stands here but places and
the kept values of fields, which are bounded, and redacted as the recording is.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from foreshock.errors import UsageError
from foreshock.replacing import replace_file
from recorder.sealing import CannotOpen, open_whole, seal_whole
from recorder.shaping.series import Over
from recorder.shaping.sketch import Sketched

FORMAT = "foreshock-shape"
VERSION = 1
FILE_NAME = "shape.json"
SEALED_NAME = "shape.json.sealed"  # of a sealed recording: the same, sealed under its key

# version -> what makes its shape the next version's; walked until current
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_RARE = 0.01  # of the values of a field, at most
_ONCE_OF = 20  # what came once of so many is rare too: small recordings have no hundreds


class ValueCount(msgspec.Struct, frozen=True):
    value: str | int | float | bool | None
    count: int


class ClassCount(msgspec.Struct, frozen=True):
    """How many values of a field are of a kind worth a look: 'null', 'emoji', 'negative', 'empty list', ..."""

    name: str
    count: int
    example: str

    def share(self, of: int) -> float:
        return self.count / of if of else 0.0

    def is_rare(self, of: int) -> bool:
        """Whether at most 1 % of so many are of it, or a single one of 20 or more."""
        return self.count <= _RARE * of or (self.count == 1 and of >= _ONCE_OF)


class FieldShape(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the requests or answers of a route; the items of an array are one place, `[*]`.

    `values` are the most frequent first, then the largest, the smallest and the rarest: 40 at most, and none of an
    array or object. `presence` is the share of those that could have it (requests for a query's name, objects for a
    member, arrays for their items); None where that is not known.
    """

    place: str
    count: int  # values seen in it
    distinct: int  # at most `TOLD_APART` are told apart
    values: tuple[ValueCount, ...]
    presence: float | None = None
    types: dict[str, int] = {}  # null, boolean, integer, number, text, array, object
    formats: dict[str, int] = {}  # of texts: email, uuid, date-time, ...; those that were told apart only
    classes: tuple[ClassCount, ...] = ()  # the rarest first
    numbers: Sketched = Sketched()
    chars: Sketched = Sketched()  # of texts
    items: Sketched = Sketched()  # of arrays

    @property
    def rare(self) -> tuple[ClassCount, ...]:
        return tuple(one for one in self.classes if one.is_rare(self.count))


class RouteShape(msgspec.Struct, frozen=True, kw_only=True):
    """Latency is from the request's first byte to the response's last; None where nothing was answered.

    `fields` are the requests', `answered` those of answers below 400, `refused` those of the others.
    """

    route: str
    count: int
    rate_per_s: float  # over the whole recording
    statuses: dict[int, int]  # status -> responses, by status
    errors: int  # requests without a response
    p50_s: float | None
    p99_s: float | None
    fields: tuple[FieldShape, ...]
    answered: tuple[FieldShape, ...] = ()
    refused: tuple[FieldShape, ...] = ()
    latency_s: Sketched = Sketched()
    request_bytes: Sketched = Sketched()
    response_bytes: Sketched = Sketched()


class Dispersion(msgspec.Struct, frozen=True):
    """Variance over mean of the arrivals in windows of `window_s`: 1 for chance arrivals, more for bursts."""

    window_s: float
    index: float
    windows: int


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """`daily` is exchanges per second in each hour of the day (UTC), None for hours that weren't recorded; empty where
    the recording is shorter than a day. `gap_variation` is the standard deviation of the gaps over their mean."""

    rate: Over = Over()  # exchanges started
    under_way: Over = Over()  # the most at once in each bucket
    most_under_way: int = 0
    mean_under_way: float = 0.0
    dispersion: tuple[Dispersion, ...] = ()
    gap_variation: float | None = None
    daily: tuple[float | None, ...] = ()


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """One session's step from a route to its next. None: the session's beginning, or its end."""

    before: str | None
    after: str | None
    count: int
    think_s: Sketched = Sketched()  # from the answer's end to the next request; negative ones (overlaps) are 0


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """`flows` are the most frequent first; `flows_left_out` counts steps of those that are not among them."""

    session_requests: Sketched = Sketched()
    session_s: Sketched = Sketched()
    flows: tuple[Flow, ...] = ()
    flows_left_out: int = 0
    connections: int = 0
    connection_requests: Sketched = Sketched()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Values of requests that were first seen in an answer of the same session: `support` times.

    `confidence` is the share of the place's values that came from there. `elsewhere` is the share of them that another
    session had been answered too: near 1, the values are everybody's (a catalogue's), and may have come by chance.
    """

    from_route: str
    from_place: str
    to_route: str
    to_place: str
    support: int
    confidence: float
    elsewhere: float
    example: str  # of a request that used one


class Transition(msgspec.Struct, frozen=True):
    before: str
    after: str
    count: int
    example: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The values that one field of one kind of resource took over time, told by the resource's id."""

    resource: str
    field: str
    resources: int  # different ids
    states: dict[str, int]  # value -> how often it was answered
    first: dict[str, int]  # value -> resources that were first seen so
    transitions: tuple[Transition, ...]  # the most frequent first


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """`routes` are the most frequent first. `tears` is what the recording lacks; `bounds` what was not told apart."""

    format: str = FORMAT
    version: int = VERSION
    recording: str  # its fingerprint
    exchanges: int
    sessions: int
    duration_s: float
    routes: tuple[RouteShape, ...]
    started_s: float | None = None  # Unix time of the first exchange
    arrivals: Arrivals = Arrivals()
    flows: Flows = Flows()
    links: tuple[Link, ...] = ()
    machines: tuple[Machine, ...] = ()
    tears: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()


def write_shape(shape: Shape, folder: Path, key: bytes | None = None) -> Path:
    """Writes the shape into the folder, sealed if there is a key; where it is."""
    content = msgspec.json.format(msgspec.json.encode(shape), indent=1) + b"\n"
    path = folder / (SEALED_NAME if key else FILE_NAME)
    replace_file(path, seal_whole(content, key) if key else content)
    if key:
        (folder / FILE_NAME).unlink(missing_ok=True)  # one in the clear, of an earlier Foreshock
    return path


def read_shape(folder: Path, key: bytes | None = None) -> Shape | None:
    """The shape that was stored in the folder (of a sealed recording, with its key); None if there is none, or none
    of this version.

    UsageError if it is there and cannot be read.
    """
    path = folder / (SEALED_NAME if key else FILE_NAME)
    try:
        text = path.read_bytes()
        if key:
            text = open_whole(text, key)
        content = msgspec.json.decode(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            return None
        while (version := content.get("version")) != VERSION:
            step = MIGRATIONS.get(version) if isinstance(version, int) else None
            if step is None:
                return None
            content = step(content)
            text = msgspec.json.encode(content)
        return msgspec.json.decode(text, type=Shape)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, CannotOpen) as error:
        raise UsageError(f"{path} cannot be read ({error}); remove it: foreshock shape makes it again") from None
