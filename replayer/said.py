"""What an answer said: every value of it that a later request may repeat, with its place and what it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from replayer.answerplaces import content_of, header_leaves, page_leaves
from replayer.jsonvalues import Value, entity_in, entity_of, kind_beside, values_of
from replayer.keying import LINK, QUOTED, Key, keyed, names_in_url, parts_of
from replayer.leaves import url_leaves
from replayer.naming import VERSIONS, Names, is_carriage, keys_of, named, named_by_header
from replayer.outcome import Answer
from replayer.place import Leaf, Place
from replayer.urltext import origin_form
from replayer.worth import LEAST_CHARS, LEAST_NUMBER, MOST_SMALL_CHARS, drawn

_MOST_BODY_BYTES = 4 << 20  # longer bodies are files
_URL = ("/", "http://", "https://")
_URL_BEGINS = frozenset("/h")
_SAYS_MORE = frozenset({"location", "content-location", "link", "set-cookie"})  # headers that are looked into


class Said(NamedTuple):
    """A value of an answer, under the key that it is found by."""

    key: Key
    place: Place
    names: Names
    entity: str = ""  # of a version: the id of the thing whose version it is, where it stands beside it


def said_by(answer: Answer, words: Names, written: bool) -> Iterator[Said]:
    """What the answer to a request for a URL about `words` said, as far as it is evidence of anything.

    `written`: the request was no mere reading, so that what is new may be told by its name alone.
    """
    kind = (answer.header("content-type") or "").lower()
    content = _json_of(answer, kind)
    if any(_is_looked_into(name) for name, _ in answer.headers):
        for leaf in header_leaves(answer):
            yield from _of_header(leaf, answer, content)
    yield from _in_json(values_of(content), words, written)
    if "html" in kind and len(answer.body) <= _MOST_BODY_BYTES:
        for leaf in page_leaves(answer):
            yield from _of_page(leaf, words)


@lru_cache(maxsize=4096)
def _is_looked_into(header: str) -> bool:
    return header.lower() in _SAYS_MORE or not is_carriage(header)


def _json_of(answer: Answer, kind: str) -> Any:
    """The body's JSON; None where it is none, or too long."""
    if len(answer.body) > _MOST_BODY_BYTES or not ("json" in kind or answer.body[:1] in (b"{", b"[")):
        return None
    try:
        return content_of(answer.body)
    except ValueError:  # of which bytes that are no UTF-8 are one
        return None


def _in_json(values: Iterable[Value], words: Names, written: bool) -> Iterator[Said]:
    """In one loop, without a call for what is no evidence: nearly all that goes through here is none."""
    for path, keys, value, node in values:
        if type(value) is str:
            text, wide, chars = value, written and value[:1].isdigit(), len(value)
            if value[:1] in _URL_BEGINS and value.startswith(_URL):
                yield from _of_url(value, _place(path))
            if chars >= LEAST_CHARS and drawn(value):
                yield Said(value, _place(path), ())
                continue
            if not 0 < chars <= MOST_SMALL_CHARS:
                continue
        elif value >= LEAST_NUMBER:  # type: ignore[operator]  # it is an integer: mypy does not narrow by type()
            yield Said(str(value), _place(path), ())
            continue
        else:
            text, wide = str(value), written
        names = named(keys, words, kind_beside(keys, node), wide)
        if names:
            entity = entity_of(node) if not VERSIONS.isdisjoint(names) else ""
            for key in keyed(text, names, False):
                yield Said(key, _place(path), names, entity)


@lru_cache(maxsize=1 << 14)
def _place(path: tuple[str | int, ...]) -> Place:
    """The same ones come again and again, and stay in memory."""
    return Place("json", "", 0, path)


def _of_url(url: str, place: Place) -> Iterator[Said]:
    """A URL as a whole, for it may be followed, and what stands in it."""
    target = origin_form(url)
    yield Said((LINK, target), place, ())
    parts = parts_of(target)
    for leaf in url_leaves(target):
        names = names_in_url(leaf.place, parts)
        for key in keyed(leaf.value, names, drawn(leaf.value)):
            yield Said(key, place._replace(part=leaf.place), names)


def _of_header(leaf: Leaf, answer: Answer, content: Any) -> Iterator[Said]:
    place, text = leaf
    if place.kind in ("path", "query"):  # of Location
        yield from _keyed(place, text, names_in_url(place, parts_of(answer.header("location") or "")))
    elif place.kind == "link":
        yield from _of_url(text, place)
    elif place.kind == "cookie":
        yield from _keyed(place, text, named(keys_of(place.name), (), "", False))
    elif place.name.lower() == "location":
        yield Said((LINK, origin_form(text)), place, ())
    elif place.name.lower() == "etag":
        quoted = QUOTED.fullmatch(text)
        bare = quoted[1] if quoted and not drawn(text) else text
        yield from _keyed(place, bare, ("etag",), entity_in(content))
    elif place.name.lower() == "content-location" or (text.startswith(_URL) and not is_carriage(place.name)):
        yield from _of_url(text, place)
    elif not is_carriage(place.name):
        yield from _keyed(place, text, named_by_header(place.name))


def _of_page(leaf: Leaf, words: Names) -> Iterator[Said]:
    if leaf.place.kind in ("a", "action"):
        yield from _of_url(leaf.value, leaf.place)
        return
    names = named(keys_of(leaf.place.name), words, "", leaf.place.kind == "html" and leaf.value[:1].isdigit())
    yield from _keyed(leaf.place, leaf.value, names)


def _keyed(place: Place, text: str, names: Names, entity: str = "") -> Iterator[Said]:
    for key in keyed(text, names, drawn(text)):
        yield Said(key, place, names, entity)
