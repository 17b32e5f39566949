"""The routes of a recording, known before its first step leaves: from its shape, else from its beginning."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from foreshock.errors import UsageError
from recorder.exchange import held_bytes
from recorder.recording import Recording
from recorder.routes import Routes, tokens_of
from recorder.shape import key_of
from recorder.shaping.model import Shape, read_shape

HEAD_EXCHANGES = 10_000  # learned from; what comes later is told by the same rules
_HEAD_BYTES = 64 << 20  # of bodies among them
_OTHERS = "/{others}"  # stands in a shape for routes beyond its bound
QUICK_BYTES = 256 << 20  # so much is hashed in well under a second


class Known(NamedTuple):
    """What is known of a recording at its start; it lasts `lasts_s` at least."""

    routes: Routes
    lasts_s: float


def known_of(recording: Recording, head_exchanges: int | None = HEAD_EXCHANGES) -> Known:
    """From its shape, where one is stored that is of these very segments; else from the first `head_exchanges`, or
    from all of them where that is None. The same for the same recording, on any machine."""
    shape = _fresh_shape(recording)
    if shape is not None:
        return Known(Routes.known(route.route for route in shape.routes), shape.duration_s)
    first_s = last_s = None
    routes = Routes()
    bytes_read = 0
    for exchange in islice(recording.exchanges(), head_exchanges):
        bytes_read += held_bytes(exchange)
        if head_exchanges is not None and bytes_read > _HEAD_BYTES:
            break
        target = exchange.request.url
        routes.add(exchange.request.method, target, tokens_of(target))
        first_s = exchange.started_s if first_s is None else first_s
        last_s = exchange.started_s
    routes.settle()
    return Known(routes, (last_s or 0.0) - (first_s or 0.0))


def quick_fingerprint(recording: Recording) -> str:
    """The recording's fingerprint, where it takes no time worth naming; '' of one that is too large for that."""
    return recording.fingerprint if _bytes_of(recording) <= QUICK_BYTES else ""


def _fresh_shape(recording: Recording) -> Shape | None:
    try:
        shape = read_shape(recording.path, key_of(recording))
    except UsageError:  # it is only a help here; `foreshock shape` says what is wrong with it
        return None
    if shape is None or any(route.route.endswith(_OTHERS) for route in shape.routes):
        return None
    if fingerprint := quick_fingerprint(recording):
        return shape if shape.recording == fingerprint else None
    manifest = recording.manifest
    return shape if manifest.closed and shape.exchanges == manifest.counts.stored else None


def _bytes_of(recording: Recording) -> int:
    return sum(segment.stat().st_size for part in recording.parts for segment in part.segments("exchanges"))
