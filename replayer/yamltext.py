"""YAML that a person reads and every YAML reader reads the same: block style, strings that stay strings, no aliases.

Short lists of plain values stand on one line, text of many lines as it is. A string that some reader would take for a
number, a date or a truth ('1e3', 'no', '2024-01-01') is quoted; one that YAML cannot show (NUL, surrogates) is escaped.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

# What YAML 1.1 (PyYAML's own rules) leaves plain but the 1.2 core schema (10.3.2) takes for a number.
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+")
# Not seen, or taken for a line's end by some: PyYAML would fold them away inside single quotes.
_UNSEEN = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WIDE = 1 << 20  # never fold: a body stays one line, as it was sent


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without dates: a plan has none, and '2024-01-01' written by hand is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """As it is where it has lines to show, escaped where it has what cannot be shown; None leaves it to PyYAML."""
    if _UNSEEN.search(text):
        return '"'
    if "\n" in text:
        return '"' if text[0].isspace() or re.search(r"[ \xa0](\n|$)", text) else "|"
    return "'" if _NUMBER.fullmatch(text) else None


def _sequence(dumper: yaml.SafeDumper, items: list[Any] | tuple[Any, ...]) -> yaml.SequenceNode:
    flat = not any(isinstance(item, (dict, list, tuple)) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)


def _mapping(dumper: yaml.SafeDumper, items: dict[Any, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", items.items(), flow_style=not items)


_Dumper.add_representer(str, _string)
_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(tuple, _sequence)
_Dumper.add_representer(dict, _mapping)


def dump(value: Any) -> str:
    """`value` (dicts, lists, tuples, strings, numbers, booleans, None) as YAML, keys in their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)


def load(text: str) -> Any:
    """What `text` says. Raises ValueError with the line where it is no YAML."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {line}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
