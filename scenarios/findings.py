"""Finding files: `findings/<key>.yaml`, readable, with the whole plan inside, so that each reproduces anywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from foreshock.replacing import replace_file
from replayer import yamltext
from replayer.planfile import plan_from_builtins, plan_to_builtins
from scenarios.finding import Finding
from scenarios.yamlfile import Document, Place, read_document

FORMAT = "foreshock-finding"
VERSION = 1

# From each older version to the next one; walked until current. A file's plan has versions and migrations of its own.
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_WORDS_OF_KEY = 8
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_PART_OF_PLACE = re.compile(r"\.(\w+)|\[(\d+)\]")
_MEND = "take the file as it was written, or search again"


def key_of(check: str, routes: Iterable[str], state: str = "") -> str:
    """The finding's identity: the check's name as a slug, and six hex digits of check, set of routes, and state.

    The same on every machine; neither order nor repetition of routes matters. Without a `state` of its own a check has
    one impossible state.
    """
    identity = "\n".join([check, *sorted(set(routes)), *([f"state {state}"] if state else [])])
    words = _NOT_SLUG.sub("-", check.lower()).strip("-").split("-")[:_WORDS_OF_KEY]
    return "-".join([*filter(None, words), hashlib.sha256(identity.encode()).hexdigest()[:6]])


def write_finding(finding: Finding, folder: Path) -> Path:
    """The path of the file written: `folder/<key>.yaml`. The folder is made; a file of the same key is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{finding.key}.yaml"
    replace_file(path, finding_text(finding).encode())
    return path


def finding_text(finding: Finding) -> str:
    """The file's text: format and version first, the plan last, since it is the longest."""
    told = {name: value for name, value in msgspec.to_builtins(finding).items() if name != "plan"}
    fields = {"format": FORMAT, "version": VERSION, **told, "plan": plan_to_builtins(finding.plan)}
    return yamltext.dump(fields)


def read_finding(path: Path) -> Finding:
    """The finding in the file. Raises UsageError naming the file, the line, the place and what is allowed there."""
    document = read_document(path)
    fields = _migrated(document)
    unknown = sorted(fields.keys() - set(Finding.__struct_fields__))
    if unknown:
        raise document.error((unknown[0],), f"expected one of {', '.join(Finding.__struct_fields__)}", show=False)
    # The plan's own reader knows its versions and says what is wrong with it; here it goes in as it came out.
    plan = plan_from_builtins(fields.get("plan"), f"{path}: plan")
    try:
        return msgspec.convert({**fields, "plan": msgspec.to_builtins(plan)}, Finding)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at ")
        raise document.error(_place(where), f"{problem[0].lower()}{problem[1:]}; {_MEND}") from None


def read_findings(folder: Path) -> tuple[Finding, ...]:
    """Every finding of a folder by file name; none if the folder is not there. Raises as `read_finding` does."""
    return tuple(read_finding(path) for path in sorted(folder.glob("*.yaml")))


def _migrated(document: Document) -> dict[str, Any]:
    """The file's fields in today's version, without the two that say what they are."""
    fields = document.value
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise document.error(("format",), f"expected format: {FORMAT} at the top of a finding file")
    while (version := fields.get("version")) != VERSION:
        step = MIGRATIONS.get(version) if isinstance(version, int) else None
        if step is None:
            raise document.error(("version",), f"this Foreshock reads versions up to {VERSION}; use a newer one")
        fields = step(fields)
    return {name: value for name, value in fields.items() if name not in ("format", "version")}


def _place(where: str) -> Place:
    """('evidence', 'of') from msgspec's '`$.evidence.of`'."""
    return tuple(int(index) if index else name for name, index in _PART_OF_PLACE.findall(where))
