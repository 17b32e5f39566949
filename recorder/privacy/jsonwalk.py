"""A JSON text walked token by token: what a decision replaces is replaced, every other byte stays as it stands.

Lenient: cut and concatenated texts are walked as far as they go, for what is cut off must be redacted too. GraphQL's
literals (objects whose names have no quotes) are walked the same way.
"""

import re
from collections.abc import Callable, Container
from typing import NamedTuple

import msgspec

from recorder.privacy.naming import DEEP, PLAIN

Path = tuple[str, ...]  # names of fields; '*' is any item of an array

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_OTHERS = r"-?\d[\d.eE+-]*|[{}\[\]]|\b(?:true|false|null)\b"
_JSON = re.compile(rf"({_STRING})(\s*:)?|{_OTHERS}", re.DOTALL)
_GRAPHQL = re.compile(rf'("""[\s\S]*?"""|{_STRING}|(?<![\w$])[A-Za-z_]\w*(?=\s*:))(\s*:)?|{_OTHERS}', re.DOTALL)


class Spot(msgspec.Struct, frozen=True, gc=False):  # made for every field: half the cost of a named tuple
    """Where a value stands: the name nearest above it, what that name says of it, and its whole path."""

    name: str
    naming: int
    path: Path


class Field(NamedTuple):
    """A field's name, what it says of the value, and the token that is to stand for it."""

    name: str
    naming: int
    token: str


TOP = Spot("", PLAIN, ())


def walk(
    text: str,
    field: Callable[[str], Field],
    value: Callable[[str, Spot], str],
    plain: Container[str],
    *,
    top: Spot = TOP,
    paths: bool = False,
    graphql: bool = False,
) -> str:
    """`text` with every scalar as `value(token, spot)` says, and every field's name (in its quotes) as `field` does.

    Tokens in `plain` are not asked about, unless they stand below a name that says something. `top` is where the text
    itself stands. Paths are empty unless `paths` asks for them.
    """
    opened: list[tuple[Spot, bool]] = []  # of each open object and array: what holds in it, and is it an array
    here = above = top  # of what comes next, and of the object or array around it
    in_array = False

    def one(match: re.Match[str]) -> str:
        nonlocal here, above, in_array
        token, key, colon = match.group(0, 1, 2)
        if colon is not None:
            name, naming, said = field(key)
            path = (*above.path, name) if paths else ()
            here = Spot(name, naming if naming > above.naming else above.naming, path)
            return said + colon if said is not key else token
        char = token[0]
        if char in "{[":
            opened.append((above, in_array))
            in_array = char == "["
            naming = here.naming if in_array or here.naming == DEEP else PLAIN
            here = above = Spot(here.name, naming, (*here.path, "*") if in_array and paths else here.path)
            return token
        if char in "}]":
            above, in_array = opened.pop() if opened else (top, False)
            here = above
            return token
        said = token if token in plain and not here.naming else value(token, here)
        if not in_array:
            here = above
        return said

    return (_GRAPHQL if graphql else _JSON).sub(one, text)
