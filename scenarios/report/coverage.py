"""Where the search has been: routes by kinds of fault, with the pairs that were never tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from scenarios.runrecord import Covered


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """`times[r][k]` is how often `routes[r]` was sent under a fault of `kinds[k]`; the kind '' is no fault."""

    routes: tuple[str, ...]
    kinds: tuple[str, ...]
    times: tuple[tuple[int, ...], ...]

    @property
    def pairs(self) -> int:
        return len(self.routes) * len(self.kinds)

    @property
    def covered(self) -> int:
        return sum(count > 0 for row in self.times for count in row)

    @property
    def most(self) -> int:
        return max((count for row in self.times for count in row), default=0)


def matrix(coverage: Iterable[Covered]) -> Matrix:
    """Routes by how often they were sent, kinds by name; links are summed."""
    times: Counter[tuple[str, str]] = Counter()
    for covered in coverage:
        times[covered.route, covered.kind] += covered.times
    sent: Counter[str] = Counter()
    for (route, _), count in times.items():
        sent[route] += count
    routes = tuple(sorted(sent, key=lambda route: (-sent[route], route)))
    kinds = tuple(sorted({kind for _, kind in times}))
    return Matrix(
        routes=routes, kinds=kinds, times=tuple(tuple(times[route, kind] for kind in kinds) for route in routes)
    )
