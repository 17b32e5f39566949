"""The pass: every exchange once, in the order of their starts, into the shape.

Which words of paths are ids is known only in the end. So what is counted is counted under the path as it looks, and
what turns out to be one route is joined: everything that is counted can be merged.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from foreshock.clock import Anchor
from recorder.exchange import Exchange
from recorder.recording import Recording
from recorder.routes import Routes, segments_of, templated
from recorder.shaping.arrivals import Coming
from recorder.shaping.counts import Counts, Rooms, Tokens
from recorder.shaping.links import Links
from recorder.shaping.machines import Machines
from recorder.shaping.model import Shape
from recorder.shaping.profile import Seen
from recorder.shaping.sessions import Going

_ROUTES = 1_500  # counted before what is one route is joined, and again at each doubling
_MOST_ROUTES = 4_000  # counted in the end; those that come later are one
OTHERS = ("{others}",)
_seen = tuple.__new__  # what Seen(number, id) does, without its detour


def learn(recording: Recording) -> Shape:
    """The shape of a recording, which is read once. An empty one has no routes."""
    learning = Learning(recording.manifest.anchor)
    with _no_cycles():
        for exchange in recording.exchanges():
            learning.add(exchange)
        return learning.shape(recording.fingerprint, recording.tears)


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Without the search for cycles of garbage, a sixth of the time: nothing here makes any."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Learning:
    """Takes exchanges in the order of their starts; gives the shape of all."""

    def __init__(self, anchor: Anchor, rooms: Rooms | None = None) -> None:
        self._wall_s = anchor.wall_s
        self._rooms = rooms or Rooms()
        self._routes = Routes()
        self._counts: dict[tuple[str, Tokens], Counts] = {}
        self._join_at = _ROUTES
        self._coming = Coming(anchor.wall_s)
        self._going = Going()
        self._links = Links()
        self._machines = Machines()
        self._number = 0

    def add(self, exchange: Exchange) -> None:
        self._number += 1
        seen = _seen(Seen, (self._number, exchange.id))
        method, target = exchange.request.method, exchange.request.url
        segments = segments_of(target)
        tokens = templated(segments)
        self._routes.add(method, target, tokens)
        counts = self._counts.get((method, tokens)) or self._counts_of(method, tokens, seen)
        counts.take(exchange, segments, seen)
        route = counts.route
        self._coming.add(exchange.started_s, exchange.ended_s)
        self._going.add(exchange.session, exchange.connection, route, exchange.started_s, exchange.ended_s)
        if counts.sent.values or counts.got.values:
            self._links.take(exchange.session, counts.sent, counts.got, seen)
        if counts.objects:
            self._machines.answer(counts.tokens, segments, counts.objects, seen)

    def _counts_of(self, method: str, tokens: Tokens, seen: Seen) -> Counts:
        """The counts of a path that came for the first time, or whose route has been joined with others."""
        settled = tuple(self._routes.settled(tokens)) if self._routes.compactions else tokens
        if (known := self._counts.get((method, settled))) is not None:
            return known
        if len(self._counts) >= self._join_at:
            self._join()
            self._join_at = min(_MOST_ROUTES, max(_ROUTES, 2 * len(self._counts)))
            settled = tuple(self._routes.settled(tokens))
        if len(self._counts) >= _MOST_ROUTES:
            settled = OTHERS
        key = (method, settled)
        if key not in self._counts:
            self._counts[key] = Counts(method, settled, self._rooms, seen)
        return self._counts[key]

    def _join(self) -> None:
        """Joins what is one route, by what is known so far."""
        self._rooms.batch.forget()
        self._routes.settle()
        before, self._counts = self._counts, {}
        renamed: dict[str, str] = {}
        for (method, tokens), counts in before.items():
            settled = tokens if tokens == OTHERS else tuple(self._routes.settled(tokens))
            old = counts.route
            counts.settle(settled)
            renamed[old] = counts.route
            known = self._counts.setdefault((method, settled), counts)
            if known is not counts:
                known.take_in(counts)
        self._going.rename(lambda route: renamed.get(route, route))

    def shape(self, fingerprint: str, tears: tuple[str, ...] = ()) -> Shape:
        """Nothing is added afterwards."""
        self._join()
        duration_s = self._coming.duration_s
        first_s = self._coming.first_s
        flows = self._going.told()
        for counts in self._counts.values():
            counts.name_places()
        by_count = sorted(self._counts.values(), key=lambda counts: (-counts.count, counts.route))
        return Shape(
            recording=fingerprint,
            exchanges=self._number,
            sessions=self._going.sessions,
            duration_s=duration_s,
            started_s=None if first_s is None else self._wall_s + first_s,
            routes=tuple(counts.shape(duration_s) for counts in by_count),
            arrivals=self._coming.told(),
            flows=flows,
            links=self._links.told(),
            machines=self._machines.told(),
            tears=tears,
            bounds=tuple(self._bounds()),
        )

    def _bounds(self) -> Iterator[str]:
        """Sentences on what was counted and not told apart."""
        if self._rooms.values.refused:
            yield "there were more values than are told apart in all: some fields' distinct values are too few"
        if self._rooms.places.refused:
            yield "there were more places in bodies and queries than are told apart: some stand together as '*'"
        if self._rooms.unreadable:
            yield f"{self._rooms.unreadable:,} bodies were too long to be looked into, or not what their coding says"
        if any(tokens == OTHERS for _, tokens in self._counts):
            yield f"there were more than {_MOST_ROUTES:,} routes: those that came later stand together"
        if self._links.left_out:
            yield f"{self._links.left_out:,} flows of values between rare places were not followed"
