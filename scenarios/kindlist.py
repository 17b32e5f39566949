"""The catalogue of kinds for people: all of them or one as text for a terminal, and as the table of docs/faults.md.

`python -P -m scenarios.kindlist` prints that table; a test holds the page to it.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from textwrap import wrap

from faults.catalogue import KINDS, Argument, Kind, Verbatim
from foreshock.errors import UsageError

COLUMNS = 100
_FIRST = (
    "The kinds of faults: what each does, the incident it imitates, its arguments (whole numbers, with",
    "their units in their names), and an example as it stands under 'faults:' in a scenario.",
)
_LAST = ("One alone: foreshock faults KIND. Where a fault may happen, ramps and seeds: docs/faults.md",)


def kinds_text() -> str:
    """Every kind, with a line between two."""
    return "\n\n".join("\n".join(lines) for lines in (_FIRST, *map(_lines, KINDS.values()), _LAST))


def kind_text(name: str) -> str:
    """One kind. Raises UsageError, with a did-you-mean, if there is none of that name."""
    if name not in KINDS:
        close = difflib.get_close_matches(name, KINDS, n=1)
        mend = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"kind={name!r}: not one of the kinds{mend} (kinds: {', '.join(KINDS)})")
    return "\n".join(_lines(KINDS[name]))


def kinds_table() -> str:
    """A Markdown table of all kinds, a row each, in the catalogue's order."""
    rows = [("kind", "arguments", "ramp", "what it does"), ("---",) * 4]
    for kind in KINDS.values():
        arguments = "<br>".join(f"`{each.name}`: {_limits(each)}" for each in _arguments(kind))
        rows.append((f"`{kind.name}`", arguments, "yes" if kind.ramps else "", kind.does))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _lines(kind: Kind) -> Iterator[str]:
    yield kind.name
    yield from _wrapped(kind.does, "  ")
    yield from _wrapped(kind.imitates, "  ")
    table = [(each.name, f"{each.meaning} ({_limits(each)})") for each in _arguments(kind)]
    if kind.ramps:
        table.append(("ramp", "its magnitude can grow and shrink, such as with {up: 30%, down: 10%, steps: 5}"))
    width = max((len(name) for name, _ in table), default=0)
    for name, said in table:
        yield from _wrapped(f"{name:{width}}  {said}", "    ", hanging=width + 2)
    yield f"  - {kind.example}"


def _arguments(kind: Kind) -> tuple[Argument | Verbatim, ...]:
    return (*kind.arguments, *kind.verbatim)


def _limits(argument: Argument | Verbatim) -> str:
    """'0 to 86400000; 0 if not given'."""
    allowed = f"{argument.low} to {argument.high}" if isinstance(argument, Argument) else argument.allowed
    return f"{allowed}; {'required' if argument.default is None else f'{argument.default} if not given'}"


def _wrapped(text: str, indent: str, hanging: int = 0) -> list[str]:
    return wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=indent + " " * hanging)


if __name__ == "__main__":
    sys.stdout.write(kinds_table())
