"""The scenario's words for what must hold: probes and what is expected of them, allowed state machines, own checks."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from foreshock.duration import parse_duration_s
from scenarios.fields import Duration, Text, Url

When = Literal["expect", "every", "never", "sometimes"]
_TIMES: tuple[When, ...] = ("expect", "every", "never", "sometimes")
_NO_ROW = "size(rows) == 0"
_WITHIN = "1s"

Function = Annotated[
    str, Meta(pattern=r"^.+\.py:\w+$", description="a file and a function such as 'checks.py:no_order_is_lost'")
]
Route = Annotated[
    str,
    Meta(
        pattern=r"^(\*|[A-Z]+) /\S*$",
        description="a method (or '*') and a path such as 'GET /orders/{id}', where {id} is any one segment",
    ),
]
Path = Annotated[str, Meta(pattern=r"^\$", description="a place in JSON such as '$.order.status'")]
State = Annotated[
    str, Meta(min_length=1, description="a state as text (in quotes where YAML would read something else)")
]
States = tuple[State, ...]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class HttpProbe(_Struct, frozen=True):
    """A read of the system's state over HTTP."""

    get: Url


class SqlProbe(_Struct, frozen=True):
    """A read of the system's state from a SQLite file, opened read-only: a `query`, or one that must find `none`."""

    database: Text
    query: Text | None = None
    none: Text | None = None

    def __post_init__(self) -> None:
        if (self.query is None) == (self.none is None):
            raise ValueError("expected exactly one of 'query' and 'none' (a query that must return no row)")

    @property
    def select(self) -> str:
        """What is asked of the database."""
        return self.query or self.none or ""


class Invariant(_Struct, frozen=True):
    """What must hold, a CEL expression over what a probe reads, and when.

    `expect`: once the network is well, within `within`. `every`: at each read, during the run and at its end.
    `never`: at no read. `sometimes`: at one read of the whole run at least, or the run says nothing. An SQL probe's
    `none` takes the place of `expect`.

    Names in the expression: `rows` (SQL: a list of maps), or `status`, `headers` (keys in lower case), `body` (text)
    and `json` (null where the body is none).
    """

    name: Text
    http: HttpProbe | None = None
    sql: SqlProbe | None = None
    expect: Text | None = None
    every: Text | None = None
    never: Text | None = None
    sometimes: Text | None = None
    within: Duration | None = None  # '1s' if absent

    def __post_init__(self) -> None:
        if (self.http is None) == (self.sql is None):
            raise ValueError("expected exactly one of 'http' and 'sql'")
        given = [time for time in _TIMES if getattr(self, time) is not None]
        if self.finds_none and given:
            raise ValueError(f"expected no {given[0]!r} beside an SQL probe's 'none', which says that no row may be")
        if not self.finds_none and len(given) != 1:
            raise ValueError("expected exactly one of 'expect', 'every', 'never' and 'sometimes' (an expression)")
        if self.within is not None and self.when != "expect":
            raise ValueError(f"expected no 'within' beside {self.when!r}: it goes with 'expect'")

    @property
    def finds_none(self) -> bool:
        return self.sql is not None and self.sql.none is not None

    @property
    def when(self) -> When:
        return next((time for time in _TIMES if getattr(self, time) is not None), "expect")

    @property
    def expression(self) -> str:
        """The expression, whenever it is to be true; for `never` false."""
        return getattr(self, self.when) or _NO_ROW

    @property
    def within_s(self) -> float:
        return parse_duration_s(self.within or _WITHIN)


class Sight(_Struct, frozen=True):
    """Where answers show a state: `field` of the answers to `route`, of what is known by `id`.

    With `each`, the place of a list, both are of each of its items. `id` may also be a place of the request, 'path:2'.
    """

    route: Route
    field: Path
    id: Text = "$.id"
    each: Path | None = None


class Machine(_Struct, frozen=True):
    """The states that a resource may be in, and the ways between them.

    What is answered 201 is new: it is in one of `initial`. States of `unseen` may be passed through without an answer
    that shows it, as work in the background does.
    """

    name: Text
    seen: Annotated[tuple[Sight, ...], Meta(min_length=1)]
    initial: Annotated[States, Meta(min_length=1)]
    transitions: dict[State, States] = {}
    terminal: States = ()
    unseen: States = ()

    @property
    def states(self) -> frozenset[str]:
        """Every state that it names anywhere."""
        targets = {state for after in self.transitions.values() for state in after}
        return frozenset({*self.initial, *self.transitions, *targets, *self.terminal})
