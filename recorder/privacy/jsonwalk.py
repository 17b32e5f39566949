"""A JSON text walked token by token: what a decision replaces is replaced, every other byte stays as it stands.

Lenient: cut and concatenated texts are walked as far as they go, for what is cut off must be redacted too. GraphQL's
literals (objects whose names have no quotes) are walked the same way.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from recorder.jsonspans import string_of
from recorder.privacy.naming import DEEP, PLAIN

Path = tuple[str, ...]  # names of fields; '*' is any item of an array

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_OTHERS = r"-?\d[\d.eE+-]*|[{}\[\]]|\b(?:true|false|null)\b"
_JSON = re.compile(rf"({_STRING})(\s*:)?|{_OTHERS}", re.DOTALL)
_GRAPHQL = re.compile(rf'("""[\s\S]*?"""|{_STRING}|(?<![\w$])[A-Za-z_]\w*(?=\s*:))(\s*:)?|{_OTHERS}', re.DOTALL)


class Spot(NamedTuple):
    """Where a value stands: the name nearest above it, what that name says of it, and its whole path."""

    name: str
    naming: int
    path: Path


_TOP = Spot("", PLAIN, ())


def walk(
    text: str,
    naming_of: Callable[[str], int],
    value: Callable[[str, Spot], str],
    field: Callable[[str], str],
    *,
    graphql: bool = False,
) -> str:
    """`text` with every scalar as `value(token, spot)` says, and every field's name (in its quotes) as `field` does."""
    opened: list[tuple[Spot, bool]] = []  # of each open object and array: what holds in it, and is it an array
    here = above = _TOP  # of what comes next, and of the object or array around it
    in_array = False

    def one(match: re.Match[str]) -> str:
        nonlocal here, above, in_array
        token = match[0]
        char = token[0]
        if match[2] is not None:
            name = string_of(match[1]) if char == '"' else match[1]
            here = Spot(name, max(above.naming, naming_of(name)), (*above.path, name))
            return field(match[1]) + match[2] if char == '"' else token
        if char in "{[":
            opened.append((above, in_array))
            in_array = char == "["
            naming = here.naming if in_array or here.naming == DEEP else PLAIN
            here = above = Spot(here.name, naming, (*here.path, "*") if in_array else here.path)
            return token
        if char in "}]":
            above, in_array = opened.pop() if opened else (_TOP, False)
            here = above
            return token
        said = value(token, here)
        if not in_array:
            here = above
        return said

    return (_GRAPHQL if graphql else _JSON).sub(one, text)
