"""A case of the zoo: its folder, and what its case.yaml says is known of it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

ZOO = Path(__file__).resolve().parents[1]
_PARAMETER = re.compile(r"\{[^/{}]*\}")


class Minimum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the smallest plan that reaches the state."""

    steps: int
    faults: int


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """`routes` are what a finding has to be about; `class_` is its oracle's number in the table of oracles."""

    defect: str
    class_: int
    minimum: Minimum
    why: str
    routes: tuple[str, ...]


def cases(only: str | None = None) -> dict[str, Case]:
    """Every case by its folder's name, or those whose names `only` lists, with commas."""
    found = {file.parent.name: read(file) for file in sorted(ZOO.glob("*/case.yaml"))}
    if only is None:
        return found
    names = only.split(",")
    if missing := set(names) - found.keys():
        raise SystemExit(f"--only {only}: no case {', '.join(sorted(missing))}; there are {', '.join(found)}")
    return {name: found[name] for name in names}


def read(file: Path) -> Case:
    """Raises msgspec.ValidationError where the file is no case."""
    return msgspec.yaml.decode(file.read_bytes(), type=Case)


def is_about(case: Case, route: str) -> bool:
    """Whether `route` is one of the case's, whatever its parameters are called, and whichever it has in plain."""
    return any(_fits(wanted, route) for wanted in case.routes)


def _fits(wanted: str, route: str) -> bool:
    pattern = "[^/]+".join(re.escape(part) for part in _PARAMETER.split(wanted))
    return re.fullmatch(pattern, route) is not None
