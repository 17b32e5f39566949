"""What an answer said: every value of it that a later request may repeat, with its place and what it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from replayer.answerplaces import content_of, header_leaves, page_leaves
from replayer.leaves import url_leaves
from replayer.naming import VERSIONS, Names, ending, is_carriage, keys_of, named, named_by_header, word, worthy
from replayer.outcome import Answer
from replayer.place import Leaf, Place
from replayer.urltext import origin_form, segments
from replayer.worth import drawn, small

_MOST_BODY_BYTES = 4 << 20  # longer bodies are files
_MOST_VALUES = 20_000  # of one answer
_MOST_DEPTH = 60
QUOTED = re.compile(r'(?:W/)?"([^"]*)"')
_KIND = re.compile(r"[A-Za-z][\w-]{0,40}")
_URL = ("/", "http://", "https://")

Key = str | tuple[str, str]  # a drawn value stands for itself; any other under the last word of what it names
LINK = "link>"  # under which a whole URL stands


class Said(NamedTuple):
    """A value of an answer, under the key that it is found by."""

    key: Key
    place: Place
    names: Names
    entity: str = ""  # of a version: the id of the thing whose version it is, where it stands beside it


class Value(NamedTuple):
    """A text or integer of JSON: at `path`, under `keys` (the names of the path); `node` is what it stands in."""

    path: tuple[str | int, ...]
    keys: tuple[str, ...]
    value: str | int
    node: Any


def said_by(answer: Answer, words: Names, written: bool) -> Iterator[Said]:
    """What the answer to a request for a URL about `words` said, as far as it is evidence of anything.

    `written`: the request was no mere reading, so that what is new may be told by its name alone.
    """
    kind = (answer.header("content-type") or "").lower()
    content = _json_of(answer, kind)
    for leaf in header_leaves(answer):
        yield from _of_header(leaf, answer, content)
    for value in values_of(content):
        yield from _of_json(value, words, written)
    if "html" in kind and len(answer.body) <= _MOST_BODY_BYTES:
        for leaf in page_leaves(answer):
            yield from _of_page(leaf, words)


def _json_of(answer: Answer, kind: str) -> Any:
    """The body's JSON; None where it is none, or too long."""
    if len(answer.body) > _MOST_BODY_BYTES or not ("json" in kind or answer.body[:1] in (b"{", b"[")):
        return None
    try:
        return content_of(answer.body)
    except ValueError:  # of which bytes that are no UTF-8 are one
        return None


def values_of(content: Any) -> list[Value]:
    """The texts and integers in `content`, in document order, as far as they are not too many or too deep."""
    found: list[Value] = []
    if type(content) is str or type(content) is int:
        return [Value((), (), content, None)]
    if type(content) is dict or type(content) is list:
        _walk(content, (), (), found)
    return found


def _walk(node: Any, path: tuple[str | int, ...], keys: tuple[str, ...], found: list[Value]) -> None:
    if len(path) > _MOST_DEPTH or len(found) > _MOST_VALUES:
        return
    if type(node) is dict:
        for key, child in node.items():
            kind = type(child)
            if kind is str or kind is int:
                found.append(Value((*path, key), (*keys, key), child, node))
            elif kind is dict or kind is list:
                _walk(child, (*path, key), (*keys, key), found)
    else:
        for index, child in enumerate(node):
            kind = type(child)
            if kind is str or kind is int:
                found.append(Value((*path, index), keys, child, node))
            elif kind is dict or kind is list:
                _walk(child, (*path, index), keys, found)


def keyed(text: str, names: Names) -> Iterable[Key]:
    """The keys under which a value that names `names` is remembered and looked for."""
    if drawn(text):
        return (text,)
    if names and small(text) and worthy(names, text):
        return dict.fromkeys((ending(name), text) for name in names)
    return ()


def kind_beside(node: Any) -> str:
    """The type that stands beside an id: {"type": "orders", "id": "7"}."""
    kind = node.get("type") if type(node) is dict else None
    return kind if type(kind) is str and _KIND.fullmatch(kind) else ""


def _of_json(found: Value, words: Names, written: bool) -> Iterator[Said]:
    path, keys, value, node = found
    if type(value) is str:
        if value.startswith(_URL):
            yield from _of_url(value, Place("json", path=path))
        text, wide = value, written and value[:1].isdigit()
    else:
        text, wide = str(value), written
    if drawn(text):
        yield Said(text, Place("json", path=path), ())
        return
    names = named(keys, words, kind_beside(node), wide)
    if names and small(text):
        entity = entity_of(node) if not VERSIONS.isdisjoint(names) else ""
        place = Place("json", path=path)
        for key in keyed(text, names):
            yield Said(key, place, names, entity)


def entity_of(node: Any) -> str:
    """The id in an object, as text; '' where it has none."""
    if type(node) is not dict:
        return ""
    own = node.get("id") or next((value for key, value in node.items() if key.lower().endswith("id")), "")
    return str(own) if type(own) in (str, int) else ""


def _entity_in(content: Any) -> str:
    """The id of the one thing that an answer is about: its own, or that of the only thing in it."""
    if type(content) is dict and len(content) == 1:
        content = next(iter(content.values()))
    return entity_of(content)


def _of_url(url: str, place: Place) -> Iterator[Said]:
    """A URL as a whole, for it may be followed, and what stands in it."""
    target = origin_form(url)
    yield Said((LINK, target), place, ())
    parts = parts_of(target)
    for leaf in url_leaves(target):
        names = names_in_url(leaf.place, parts)
        for key in keyed(leaf.value, names):
            yield Said(key, place._replace(part=leaf.place), names)


def parts_of(url: str) -> list[str]:
    """The segments of its path, as they stand."""
    return [url[span.start : span.end] for span in segments(url)]


def names_in_url(place: Place, parts: list[str]) -> Names:
    """What a path segment (the id of the word before it) or a query's value names."""
    if place.kind == "query":
        return named(keys_of(place.name), (), "", False) if place.name != "id" else ()
    before = word(parts[place.nth - 1]) if 0 < place.nth <= len(parts) else ""
    return (before,) if before else ()


def _of_header(leaf: Leaf, answer: Answer, content: Any) -> Iterator[Said]:
    place, text = leaf
    entity = ""
    if place.kind in ("path", "query"):  # of Location
        names = names_in_url(place, parts_of(answer.header("location") or ""))
    elif place.kind == "link":
        yield from _of_url(text, place)
        return
    elif place.kind == "header":
        if place.name.lower() == "location":
            yield Said((LINK, origin_form(text)), Place("header", name=place.name), ())
            return
        if is_carriage(place.name):
            if place.name.lower() == "content-location":
                yield from _of_url(text, Place("header", name=place.name))
            return
        if text.startswith(_URL):
            yield from _of_url(text, Place("header", name=place.name))
        names = ("etag",) if place.name.lower() == "etag" else named_by_header(place.name)
        entity = _entity_in(content) if names == ("etag",) else ""
    else:
        names = named(keys_of(place.name), (), "", False)
    if names == ("etag",) and not drawn(text) and (quoted := QUOTED.fullmatch(text)):
        text = quoted[1]
    for key in keyed(text, names):
        yield Said(key, place, names, entity)


def _of_page(leaf: Leaf, words: Names) -> Iterator[Said]:
    if leaf.place.kind in ("a", "action"):
        yield from _of_url(leaf.value, leaf.place)
        return
    names = named(keys_of(leaf.place.name), words, "", leaf.place.kind == "html" and leaf.value[:1].isdigit())
    for key in keyed(leaf.value, names):
        yield Said(key, leaf.place, names)
