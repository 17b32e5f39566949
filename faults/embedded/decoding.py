"""Request bodies, read as Toxiproxy reads them (Go's encoding/json).

Keys are case-insensitive, unknown ones ignored, what follows the first value is ignored, `null` leaves a default.
What can't be read is a BadBody, whose message starts as Toxiproxy's does.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from faults.toxic import ATTRIBUTES

Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Float32 = Annotated[float, msgspec.Meta(ge=-3.4e38, le=3.4e38)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=(1 << 31) - 1)]
T = TypeVar("T")


class BadBody(Exception):
    """Status 400; the message is complete."""


class ToxicBody(msgspec.Struct, frozen=True, kw_only=True):
    """`ttl` (ms) and `connections` are ours: Toxiproxy ignores them."""

    name: str = ""
    type: str = ""
    stream: str = "downstream"
    toxicity: Float32 | None = None
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    ttl: Positive | None = None
    connections: list[Positive] = msgspec.field(default_factory=list)


class ProxyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Of a creation and of an update; what isn't given is None, or empty. Toxiproxy ignores `toxics`."""

    name: str = ""
    listen: str = ""
    upstream: str = ""
    enabled: bool | None = None
    toxics: list[ToxicBody] = msgspec.field(default_factory=list)


def read(body: bytes, wanted: type[T]) -> T:
    """`body` as a `wanted` struct, or a list of them. Raises BadBody."""
    try:
        return msgspec.convert(_plain(_first_value(body)), wanted)
    except RecursionError:
        raise BadBody("bad request body: json: exceeded max depth") from None
    except msgspec.ValidationError as error:
        raise BadBody(f"bad request body: json: {error}") from None


def read_attributes(toxic_type: str, given: Mapping[str, Any]) -> dict[str, int]:
    """The attributes the type knows, as far as they are given. Raises BadBody."""
    allowed = ATTRIBUTES[toxic_type]
    try:
        return msgspec.convert({name: value for name, value in given.items() if name in allowed}, dict[str, Int64])
    except msgspec.ValidationError as error:
        raise BadBody(f"bad request body: json: attributes: {error}") from None


def _no_number(text: str) -> None:
    raise ValueError(f"invalid number {text}")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _first_value(body: bytes) -> Any:
    text = body.decode(errors="replace").lstrip()
    if not text:
        raise BadBody("bad request body: EOF")
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        reason = "unexpected EOF" if error.pos >= len(text.rstrip()) else f"invalid character at {error.pos}"
        raise BadBody(f"bad request body: {reason}") from None
    except ValueError as error:  # NaN, or a number of thousands of digits
        raise BadBody(f"bad request body: json: {error}") from None
    return {} if value is None else value


def _plain(value: Any) -> Any:
    """Keys in lower case, nulls taken out, half characters replaced."""
    if isinstance(value, dict):
        return {_whole(key).lower(): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _whole(text: str) -> str:
    """With U+FFFD for each half of a pair of surrogates ("\\ud800"), as Go does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
