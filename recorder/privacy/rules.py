"""A policy's rules by place, and which of them hold for a request."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from recorder.policy import ActionName, Rule

KINDS = ("json", "form", "header", "cookie", "query", "path", "body")
_STEP = re.compile(r"\.\.|\.?\*|\.?([\w$-]+)|\[(?:\*|\"([^\"]+)\"|'([^']+)')\]|\.")
_MEDIA_TYPE = re.compile(r"-|[^\s;]*[/*][^\s;]*")
_ANY_BELOW = r"(?:\x00.*)?"


class Action(NamedTuple):
    name: ActionName
    to: str | int | float | bool | None = None


class Active:
    """The rules that hold for one request and its response."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_kind: dict[str, list[tuple[re.Pattern[str], Action]]] = {}
        self._json_names = [_names_in(rule.place[5:]) for rule in rules if rule.place.startswith("json:")]
        for rule in rules:
            kind, _, name = rule.place.partition(":")
            held = self._by_kind.setdefault(kind, [])
            held.append((pattern_of(kind, name), Action(rule.action, rule.to)))
        self._found = lru_cache(4096)(self._find)

    def at(self, kind: str, name: str) -> Action | None:
        """Of the first rule that fits this place; of a JSON field `name` is `joined(path)`."""
        return self._found(kind, name) if kind in self._by_kind else None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._by_kind)

    def any(self, kind: str) -> bool:
        return kind in self._by_kind

    def may_fit(self, names: AbstractSet[str]) -> bool:
        """Whether a rule for JSON may hold for a text in which no other fields are named."""
        return any(needed <= names for needed in self._json_names)

    def _find(self, kind: str, name: str) -> Action | None:
        return next((action for pattern, action in self._by_kind[kind] if pattern.fullmatch(name)), None)


class Rules:
    """All rules of a policy, to be asked for those of a request."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._routes = [tuple(map(_route_pattern, rule.routes)) for rule in rules]
        self._active = lru_cache(1024)(Active)
        self._everywhere = Active(self._rules)

    def of(self, method: str, target: str) -> Active:
        if not any(self._routes):
            return self._everywhere
        line = f"{method} {target.partition('?')[0]}"
        held = zip(self._rules, self._routes, strict=True)
        return self._active(
            tuple(rule for rule, routes in held if not routes or any(one.match(line) for one in routes))
        )


def joined(path: Sequence[str]) -> str:
    """A path of JSON as `Active.at` takes it: each step after a NUL, an array's item as '*'."""
    return "".join(f"\x00{step}" for step in path)


def pattern_of(kind: str, name: str) -> re.Pattern[str]:
    """What the names that a place means look like. ValueError says in words what is no place."""
    if kind not in KINDS:
        raise ValueError(f"no such place; expected one that begins with {', '.join(f'{one}:' for one in KINDS)}")
    if kind == "json":
        return re.compile(_json_pattern(name) + _ANY_BELOW, re.DOTALL)
    if kind == "path" and not re.fullmatch(r"[1-9]\d*", name):
        raise ValueError("a path's place is the number of a segment, from 1, such as path:2")
    if kind == "body" and not _MEDIA_TYPE.fullmatch(name):
        raise ValueError(
            "a body's place is a media type without its parameters, such as body:text/html or body:image/*; "
            "body:- is of those that say none"
        )
    if not name:
        raise ValueError(f"names nothing; expected {kind}:NAME, of which * stands for any part")
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.IGNORECASE if kind in ("header", "body") else 0)


def _json_pattern(path: str) -> str:
    pattern = ""
    for step in _steps(path):
        if step[0] == "..":
            pattern += r"(?:\x00[^\x00]*)*"
        else:
            name = _name_of(step)
            pattern += r"\x00" + (re.escape(name) if name else r"[^\x00]*")
    return pattern


def _steps(path: str) -> Iterator[re.Match[str]]:
    if not path.startswith("$"):
        raise ValueError("a JSON path begins with $, such as json:$.user.*.name")
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None or step[0] == ".":
            raise ValueError(f"{path[at:]!r} is no step of a path; expected .name, .*, [*], ['name'] or .. (any depth)")
        yield step
        at = step.end()


def _name_of(step: re.Match[str]) -> str:
    """'' of a step that any name, or any item, fits."""
    return step[1] or step[2] or step[3] or ""


def _names_in(path: str) -> frozenset[str]:
    """The names without which the path fits nothing."""
    return frozenset(filter(None, map(_name_of, _steps(path))))


def _route_pattern(route: str) -> re.Pattern[str]:
    method, _, path = route.partition(" ")
    parts = [r"[^/]+" if part.startswith("{") or part == "*" else re.escape(part) for part in path.split("/")]
    return re.compile(f"{re.escape(method) if method != '*' else '[A-Z]+'} {'/'.join(parts)}/?$")


def check_route(route: str) -> None:
    """ValueError unless it is 'METHOD /path', of which {any} or * stands for any segment."""
    if not re.fullmatch(r"(?:[A-Z]+|\*) /\S*", route):
        raise ValueError("expected a route such as 'POST /users/{id}', or '* /users/{id}' for every method")
