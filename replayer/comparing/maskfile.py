"""Masks on disk: one YAML file that a person reads, corrects and adds to.

    format: foreshock-masks
    version: 1
    masks:
      - route: GET /orders/{id}
        place: json:$.updated_at
        as: time
        reason: 'differs in 41 of 41: a time'

`as` is one of `masks.HOLDS`. A user's own entries stand among the learned ones, each with a reason of theirs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from foreshock.errors import UsageError
from foreshock.replacing import replace_file
from replayer import yamltext
from replayer.comparing.learning import Learned
from replayer.comparing.masks import HOLDS, Mask, Masks, trouble

FORMAT = "foreshock-masks"
VERSION = 1


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    masks: tuple[Mask, ...] = ()


def write_masks(learned: Learned, path: Path, *, source: str) -> None:
    """Replaces `path`. `source` says what was compared with what; what was refused stands above the masks.

    Raises UsageError where it cannot be written.
    """
    text = _head(learned, source) + yamltext.dump(
        {"format": FORMAT, "version": VERSION, "masks": [_entry(mask) for mask in learned.masks.masks]}
    )
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise UsageError(f"masks={path}: cannot be written: {error.strerror or error}; name another file") from None


def check_writable(path: Path) -> None:
    """Raises UsageError where `write_masks` could not write: better said before a replay than after it."""
    if not path.parent.is_dir():
        raise UsageError(f"masks={path}: there is no folder {path.parent}; make it, or name another file")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"masks={path}: the folder {path.parent} cannot be written in; name another file")


def read_masks(path: Path) -> Masks:
    """The masks in `path`. Raises UsageError, with the place in it, where it is no such file or a mask cannot be."""
    try:
        record = yamltext.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"masks={path}: {error.strerror or error}; learn them with --learn-masks FILE") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UsageError(f"{path}: expected masks, which start with 'format: {FORMAT}'")
    if record.get("version") != VERSION:
        raise UsageError(
            f"{path}: version: {record.get('version')!r}: this Foreshock reads masks of version {VERSION}; update it"
        )
    return _checked(_converted(record, path), path)


def _head(learned: Learned, source: str) -> str:
    lines = [
        f"Learned from {learned.pairs} pairs of calm answers ({source}).",
        *(f"Looked at {learned.kept} of them." for _ in range(learned.kept < learned.pairs)),
        "What may differ, where, and what is held of it all the same:",
        *(f"  {as_}: {held}" for as_, held in HOLDS.items()),
        *("Not masked:" for _ in learned.refused[:1]),
        *(f"  {' '.join(why.split())}" for why in learned.refused),
    ]
    return "".join(f"# {line}\n" for line in lines)


def _entry(mask: Mask) -> dict[str, Any]:
    entry: dict[str, Any] = msgspec.to_builtins(mask)
    return {"route": mask.route, **entry, "reason": entry.pop("reason")}


def _converted(record: object, path: Path) -> Masks:
    try:
        return Masks(msgspec.convert(record, _File).masks)
    except msgspec.ValidationError as error:
        what, _, where = str(error).replace("`", "").partition(" - at ")
        where = where.removeprefix("$.") or "(file)"
        raise UsageError(f"{path}: {where}: {what[:1].lower()}{what[1:]}") from None


def _checked(masks: Masks, path: Path) -> Masks:
    for index, mask in enumerate(masks.masks):
        if why := trouble(mask):
            raise UsageError(f"{path}: masks[{index}]: {why}")
    return masks
