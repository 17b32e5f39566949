"""A YAML file as plain values, with the line of every one of them, so that an error can say where.

The dialect is YAML 1.2's core schema: only `null`, `true`, `false` and numbers are more than text. YAML 1.1's surprises
(`no` a boolean, `22:30` a number, `2024-01-01` a date) are text here, and keys are always text. Duplicate keys are
refused: YAML forbids them, and PyYAML keeps the last one without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from foreshock.errors import UsageError

Place = tuple[str | int, ...]  # ('faults', 1, 'window', 'for')

_MAX_NODES = 100_000  # an alias bomb grows past any honest file long before it hurts
_MAX_BYTES = 4 << 20
_SHOWN = 60  # characters of a wrong value that an error repeats


class _Loader(yaml.SafeLoader):
    """Composes only; which scalars are more than text follows YAML 1.2, 10.3.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own name)


for _tag, _pattern, _first in (
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
    "str": str,
}


class Document(msgspec.Struct, frozen=True):
    """`value` is the file's content in plain values; `lines` has the line (from 1) of every place that is in it."""

    file: str
    value: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def at(self, place: Place) -> Any:
        """The plain value at `place`; KeyError or IndexError if the file has none."""
        value = self.value
        for part in place:
            value = value[part]
        return value

    def error(self, place: Place, problem: str, *, show: bool = True) -> UsageError:
        """`shop.yaml:14: faults[1].for=20: problem`, with the value where there is one that fits on a line."""
        shown = self._shown(place) if show else ""
        return UsageError(f"{self.file}:{self.line(place)}: {spelled(place)}{shown}: {problem}")

    def _shown(self, place: Place) -> str:
        try:
            value = self.at(place)
        except (KeyError, IndexError, TypeError):
            return ""
        if isinstance(value, dict | list):
            return ""
        text = repr(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
        return "=" + (text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def spelled(place: Place) -> str:
    """A place as people write it: 'faults[1].window.for', 'processes["pay ments"].ready'; '(file)' for the whole."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text or "(file)"


def read_document(path: Path) -> Document:
    """The document in `path`. Raises UsageError in one line: no such file, not UTF-8, not YAML, a duplicate key."""
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror or error}") from error
    if len(raw) > _MAX_BYTES:
        raise UsageError(f"{file}: {len(raw)} bytes; expected at most {_MAX_BYTES}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{file}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error
    return parse_document(text, file)


def parse_document(text: str, file: str) -> Document:
    """As `read_document`, from text."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(f"{file}:{line}: character #x{error.character:04x} is not allowed in YAML") from error
    except RecursionError as error:
        raise UsageError(f"{file}:1: nested too deeply") from error
    if node is None:
        raise UsageError(f"{file}:1: the file is empty")
    lines: dict[Place, int] = {}
    return Document(file, _Values(file, lines).of(node, ()), lines)


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> UsageError:
    mark = error.problem_mark or error.context_mark
    context = f" ({error.context})" if error.context else ""
    mend = "; indent with spaces, not tabs" if "'\\t'" in (error.problem or "") else ""
    line = mark.line + 1 if mark else 1
    return UsageError(
        f"{file}:{line}: not YAML: {error.problem or error.context}{context if error.problem else ''}{mend}"
    )


class _Values:
    """Plain values of a node tree; notes each one's line on the way, and refuses what no scenario means."""

    def __init__(self, file: str, lines: dict[Place, int]) -> None:
        self._file = file
        self._lines = lines
        self._open: set[int] = set()  # nodes being walked: meeting one again is an alias to itself

    def of(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if len(self._lines) > _MAX_NODES or id(node) in self._open:
            raise UsageError(f"{self._file}:{node.start_mark.line + 1}: {spelled(place)}: aliases without an end")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return {key: self.of(value, (*place, key)) for key, value in self._pairs(node, place)}
            return [self.of(item, (*place, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise UsageError(f"{self._file}:{line}: {spelled(place)}: a key is text, not a list or a mapping")
            key = str(key_node.value)
            if key in first:
                where = f"{self._file}:{line}: {spelled((*place, key))}"
                raise UsageError(f"{where}: duplicate key; the first is on line {first[key]}")
            first[key] = line
            self._lines[(*place, key)] = line
            yield key, value_node

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        kind, text = node.tag.rpartition(":")[2], str(node.value)
        if kind in _SCALARS:
            try:
                return _SCALARS[kind](text)
            except ValueError:  # an explicit tag on something else: !!int x
                pass
        where = f"{self._file}:{node.start_mark.line + 1}: {spelled(place)}={text[:_SHOWN]!r}"
        raise UsageError(f"{where}: tag {node.tag!r} can't be used here; write plain text, numbers, lists and mappings")
