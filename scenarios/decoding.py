"""A document's values as typed structs; what does not fit is one line with file, line, path, and what is allowed.

msgspec does the converting. It stops at the first wrong value and says where as '$.processes[...].command', without
the key of a mapping and without a line: both are found here, and its message is put in the scenario's words. A type
that is annotated `Meta(description="a duration such as '20s'")` is what "expected a duration such as '20s'" comes from.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from scenarios.yamlfile import Document, Place

T = TypeVar("T")

_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at `(?P<path>\$[^`]*)`)?", re.DOTALL)
_PART = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<unnamed>\[\.\.\.\])")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


def check_keys(
    document: Document, type_: type[Any], value: Any, *, written_at: Callable[[Place], Place] = lambda place: place
) -> None:
    """Raises UsageError, with a did-you-mean, for the first key of `value` that its type does not have.

    Before everything else: what stands under a misspelt key can't be judged by what it should have been.
    """
    _check_keys(document, inspect.type_info(type_), value, (), written_at)


def _check_keys(
    document: Document, kind: inspect.Type, value: Any, place: Place, written_at: Callable[[Place], Place]
) -> None:
    bare = _with_parts(kind)
    if isinstance(bare, inspect.StructType) and isinstance(value, dict):
        allowed = [field.encode_name for field in bare.fields]
        for key in value:
            if key not in allowed:
                raise document.error(written_at((*place, key)), unknown_key(key, allowed), show=False)
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if (of_item := _type_at(bare, (key,))) is not None:
                _check_keys(document, of_item, item, (*place, key), written_at)


def decode(
    document: Document, type_: type[T], value: Any, *, written_at: Callable[[Place], Place] = lambda place: place
) -> T:
    """`value`, whose keys were checked, as `type_`. Raises UsageError at its place in the file.

    `value` is the document's, or made from it: then `written_at` says where in the file a place in `value` is from.
    """
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        match = _MESSAGE.fullmatch(str(error))
        assert match is not None  # the pattern takes any text
        place = _place(match["path"] or "$", value, type_, str(error))
        raise _explained(document, match["problem"], place, inspect.type_info(type_), written_at) from error


def _place(path: str, value: Any, type_: type[Any], message: str) -> Place:
    """The place that msgspec's `path` means. A '[...]' is the first key without whose siblings the error stays."""
    place: Place = ()
    for part in _PART.finditer(path):
        if part["unnamed"]:
            place = (*place, _culprit(place, value, type_, message))
        else:
            place = (*place, int(part["index"]) if part["index"] else part["name"])
    return place


def _culprit(place: Place, value: Any, type_: type[Any], message: str) -> str:
    mapping = _at(value, place)
    for key in mapping:
        try:
            msgspec.convert(_with(value, place, {key: mapping[key]}), type_)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return str(key)
    return str(next(iter(mapping)))


def _at(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value


def _with(value: Any, place: Place, new: Any) -> Any:
    """A copy of `value` that has `new` at `place`."""
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = _with(value[place[0]], place[1:], new)
    return copy


def _explained(
    document: Document, problem: str, place: Place, root: inspect.Type, written_at: Callable[[Place], Place]
) -> Exception:
    kind = _type_at(root, place)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return document.error(written_at(place), f"{missing[1]!r} is missing", show=False)
    return document.error(written_at(place), _expected(problem, kind))


def check_known(document: Document, place: Place, name: str, known: Collection[str], what: str) -> None:
    """Raises UsageError, with a did-you-mean, if `name`, which stands at `place`, is not among `known`."""
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"; did you mean {close[0]!r}?" if close else ""
    raise document.error(place, f"not one of the {what}{mend} ({what}: {', '.join(known) or 'none'})")


def unknown_key(key: str, allowed: list[str]) -> str:
    """'unknown key; did you mean 'command'? (allowed: command, ready)'."""
    close = difflib.get_close_matches(key, allowed, n=1)
    mend = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown key{mend} (allowed: {', '.join(allowed)})"


def _expected(problem: str, kind: inspect.Type | None) -> str:
    """msgspec's problem in the scenario's words, by what the type itself says is expected."""
    if described := _description(kind):
        return f"expected {described}"
    if choices := _choices(kind):
        return f"expected one of {', '.join(choices)}"
    if match := re.match(r"Expected `([^`]*)`(.*)", problem):
        wanted = [word for word in match[1].split(" | ") if word != "null"]
        quotes = " (in quotes)" if wanted == ["str"] and re.search(r"got `(int|float|bool)`", match[2]) else ""
        return f"expected {' or '.join(_WORDS.get(word, word) for word in wanted)}{quotes}{_bound(match[2])}"
    return problem


def _bound(rest: str) -> str:
    """' >= 1', ' of length >= 1'; what was got instead stands in the message already, as the value."""
    return re.sub(r", got .*", "", rest)


def _bare(kind: inspect.Type | None) -> inspect.Type | None:
    """Without annotations and without the None of an optional value."""
    while True:
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            some = [option for option in kind.types if not isinstance(option, inspect.NoneType)]
            if len(some) != 1:
                return kind
            kind = some[0]
        else:
            return kind


def _with_parts(kind: inspect.Type | None) -> inspect.Type | None:
    """The bare type, and of a word or a mapping the mapping: what stands inside is that one's."""
    bare = _bare(kind)
    if isinstance(bare, inspect.UnionType):
        structs = [option for option in bare.types if isinstance(_bare(option), inspect.StructType)]
        return _bare(structs[0]) if len(structs) == 1 else bare
    return bare


def _description(kind: inspect.Type | None) -> str | None:
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", "")) or _description(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next((text for option in kind.types if (text := _description(option))), None)
    return None


def _choices(kind: inspect.Type | None) -> list[str]:
    bare = _bare(kind)
    return [str(choice) for choice in bare.values] if isinstance(bare, inspect.LiteralType) else []


def _type_at(kind: inspect.Type | None, place: Place) -> inspect.Type | None:
    """The type that the value at `place` should have; None where the types do not say."""
    for part in place:
        bare = _with_parts(kind)
        if isinstance(bare, inspect.StructType):
            kind = next((field.type for field in bare.fields if field.encode_name == part), None)
        elif isinstance(bare, inspect.DictType):
            kind = bare.value_type
        elif isinstance(bare, inspect.VarTupleType | inspect.ListType):
            kind = bare.item_type
        else:
            return None
    return kind
