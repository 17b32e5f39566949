"""What a kind of fault is: its story, its arguments with their limits, and how it becomes a course."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from faults.course import Course

# What a hit may look like at the link: the answer came late; it never came; it broke off; the connection was closed in
# the middle, or could have gone on; it was reset; it was refused.
Sign = Literal["delayed", "unanswered", "cut", "closed", "reset", "refused"]


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """A whole number from `low` to `high`; required where `default` is None. `meaning` is a few words for people."""

    name: str
    meaning: str
    low: int
    high: int
    default: int | None = None

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def check(self, value: Any) -> None:
        """Raises ValueError naming the value and what is allowed."""
        if value is None:
            raise ValueError(f"{self.name}: expected {self.allowed}")
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name}={value!r}: expected {self.allowed}")


class Verbatim(msgspec.Struct, frozen=True, kw_only=True):
    """An argument that goes into a toxic as it is, and is checked there; `allowed` says in words what it may be."""

    name: str
    meaning: str
    allowed: str
    default: str | None = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A production failure with a name.

    `story` is its module's docstring: first what it does, then the incident it imitates. `course` is called with the
    name that starts those of its toxics, the stretch of time it is for, and the arguments; toxics have the same names
    in every stage, so that a change of stage is an update. `ramps` says that it has a magnitude that can grow.

    `signs` are what a hit may look like; none where neither the answer's first byte nor any end tells. `searched` are
    the magnitudes that a search tries, mildest first; none for what a search leaves alone. `example` is a YAML flow
    mapping, as it stands under `faults:` in a scenario.
    """

    name: str
    story: str
    course: Callable[..., Course]  # (name, stretch, **arguments)
    arguments: tuple[Argument, ...] = ()
    verbatim: tuple[Verbatim, ...] = ()
    ramps: bool = False
    signs: frozenset[Sign]
    searched: tuple[dict[str, Any], ...]
    example: str

    @property
    def does(self) -> str:
        """What it does, in a sentence or two on one line."""
        return _one_line(self.story.partition("\n\n")[0])

    @property
    def imitates(self) -> str:
        """The incidents it imitates, on one line."""
        return _one_line(self.story.partition("\n\n")[2])

    def check(self, args: Mapping[str, Any]) -> None:
        """Raises ValueError for an argument that it doesn't have, that is missing, or that is out of its limits."""
        names = [argument.name for argument in self.arguments] + [verbatim.name for verbatim in self.verbatim]
        for name in args:
            if name not in names:
                raise ValueError(f"{name}: expected {', '.join(names) or 'no arguments'}")
        for argument in self.arguments:
            argument.check(args.get(argument.name, argument.default))


def _one_line(text: str) -> str:
    return " ".join(text.split())
