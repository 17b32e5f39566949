"""Which steps are replayed, by their route: '--only' and '--except'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import lru_cache

from replayer.plan import Step

_METHOD = re.compile(r"[A-Z*?]+\Z")


class Routes:
    """Patterns of routes such as 'POST /orders*', 'GET *', or '/orders/{id}' of any method. '*' is any text."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._found = dict.fromkeys(patterns, False)
        self._regexes = {pattern: re.compile(_regex_of(pattern)) for pattern in self._found}
        self._fitting = lru_cache(maxsize=4096)(self._look)  # a recording has few routes, each many times

    def fit(self, route: str) -> bool:
        """Whether one of the patterns, or more, fits the route."""
        return bool(self._fitting(route))

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The patterns that fitted nothing so far: a slip of the pen, perhaps."""
        return tuple(pattern for pattern, found in self._found.items() if not found)

    def _look(self, route: str) -> tuple[str, ...]:
        fitting = tuple(pattern for pattern, regex in self._regexes.items() if regex.match(route))
        self._found.update(dict.fromkeys(fitting, True))
        return fitting


def wanted(only: Routes | None, not_these: Routes | None) -> Callable[[Step], bool]:
    """Says of a step whether it is replayed: fits one of `only` where there are any, and none of `not_these`."""

    def keep(step: Step) -> bool:
        is_in = only is None or only.fit(step.route)
        return not (not_these is not None and not_these.fit(step.route)) and is_in

    return keep


def _regex_of(pattern: str) -> str:
    method, blank, path = pattern.strip().partition(" ")
    if not blank or not _METHOD.match(method):
        method, path = "*", pattern
    return translate(f"{method} {path.strip()}".replace("[", "[[]"))  # brackets are a path's own here
