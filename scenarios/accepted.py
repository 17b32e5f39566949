"""Findings that a team has accepted, for a reason and until a day: `accepted.yaml`, committed beside the scenario.

An accepted finding is told, and fails no run. Once its day is over it counts again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from foreshock.errors import UsageError
from foreshock.replacing import replace_file
from replayer import yamltext
from scenarios.decoding import check_keys, decode
from scenarios.yamlfile import read_document

NAME = "accepted.yaml"
_DAYS = re.compile(r"(\d{1,4})d")
_LONGEST = 120  # characters of a reason that a line shows

_Text = Annotated[str, Meta(min_length=1, description="text (in quotes where YAML would read something else)")]
_Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="a day such as '2026-12-31'")]


class Accepted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The finding of `key` fails no run up to and including the day `until`."""

    key: _Text
    check: str = ""  # for whoever reads the file
    reason: _Text
    until: _Day

    def in_force(self, today: date) -> bool:
        return today <= date.fromisoformat(self.until)

    def __str__(self) -> str:
        reason = self.reason if len(self.reason) <= _LONGEST else self.reason[: _LONGEST - 1] + "…"
        return f"accepted until {self.until}: {reason}"


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1, le=1, description="1, the only version so far")]
    accepted: tuple[Accepted, ...] = ()


def beside(scenario: Path) -> Path:
    """Where the accepted findings of the scenario in that file stand."""
    return scenario.parent / NAME


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """In the file's order; none if there is no file. Raises UsageError with file, line and place."""
    if not path.exists():
        return ()
    document = read_document(path)
    if not isinstance(document.value, dict):
        raise UsageError(f"{path}:1: expected a mapping that starts with 'version: 1'")
    check_keys(document, _File, document.value)
    entries = decode(document, _File, document.value).accepted
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        try:
            date.fromisoformat(entry.until)
        except ValueError:
            raise document.error(("accepted", index, "until"), "there is no such day") from None
        if entry.key in first:
            raise document.error(("accepted", index, "key"), f"accepted already, on line {first[entry.key]}")
        first[entry.key] = document.line(("accepted", index, "key"))
    return entries


def accept(path: Path, entry: Accepted) -> bool:
    """Writes the entry into the file, in the place of one of the same key (then True). Raises as `read_accepted`."""
    before = read_accepted(path)
    others = [each for each in before if each.key != entry.key]
    entries = sorted([*others, entry], key=lambda each: each.key)
    text = yamltext.dump({"version": 1, "accepted": msgspec.to_builtins(entries)})
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    return len(others) < len(before)


def last_day(text: str, today: date) -> date:
    """Of '2026-12-31' or '30d' (so many days from today). Raises ValueError for text that is neither, or is over."""
    if days := _DAYS.fullmatch(text):
        return today + timedelta(days=int(days[1]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a day such as 2026-12-31, or so many days such as 30d") from None
    if day < today:
        raise ValueError(f"that day is over (today is {today}); expected one to come")
    return day


def by_key(accepted: Iterable[Accepted], today: date) -> Mapping[str, Accepted]:
    """Those in force, by key."""
    return {each.key: each for each in accepted if each.in_force(today)}


def told(accepted: Sequence[Accepted], keys: Sequence[str]) -> tuple[Accepted, ...]:
    """Those of the findings with these keys, in force or over, in the order of the keys."""
    entries = {each.key: each for each in accepted}
    return tuple(entries[key] for key in keys if key in entries)
