"""Reading the value at a place of a response, and listing what a response says beside its JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from replayer import jsontext
from replayer.headertext import Headers, set_cookies
from replayer.htmltext import Found, found_in
from replayer.leaves import counted, url_leaves
from replayer.outcome import Answer
from replayer.place import Leaf, NoSuchPlace, Place, parse_place

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r';\s*rel="?([^";,]+)"?', re.IGNORECASE)
_ID = re.compile(r"\d")


def read_answer(answer: Answer, place: str) -> Any:
    """The value at `place` of `answer`. Raises NoSuchPlace; ValueError for text that is no place."""
    return Said(answer).read(place)


class Said:
    """An answer that is read more than once: its body is taken apart the first time."""

    __slots__ = ("_content", "_page", "answer")

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self._content: Any = msgspec.UNSET
        self._page: list[Leaf] | None = None

    def read(self, place: str) -> Any:
        """The value at `place`. Raises NoSuchPlace; ValueError for text that is no place."""
        at = parse_place(place)
        value = self._whole(at, place)
        if at.part is None:
            return value
        for leaf in url_leaves(value) if isinstance(value, str) else ():
            if leaf.place == at.part:
                return leaf.value
        raise NoSuchPlace(place)

    def _whole(self, at: Place, place: str) -> Any:
        if at.kind == "json":
            try:
                return jsontext.pick(self._json(), at.path)
            except LookupError:
                raise NoSuchPlace(place) from None
        wanted = at._replace(part=None)
        for leaf in self._leaves(at.kind):
            if leaf.place.same(wanted):
                return leaf.value
        raise NoSuchPlace(place)

    def _json(self) -> Any:
        if self._content is msgspec.UNSET:
            try:
                self._content = content_of(self.answer.body)
            except ValueError:
                self._content = msgspec.UNSET
                raise NoSuchPlace("no JSON") from None
        return self._content

    def _leaves(self, kind: str) -> Iterable[Leaf]:
        if kind not in ("html", "meta", "action", "a"):
            return header_leaves(self.answer)
        if self._page is None:
            self._page = list(page_leaves(self.answer))
        return self._page


def content_of(body: bytes) -> Any:
    """The value of a JSON body. Raises ValueError where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return jsontext.parse(body.decode())  # half a surrogate pair, NaN, 1e999: not everyone's JSON, and sent


def header_leaves(answer: Answer) -> Iterator[Leaf]:
    """Location's path and query, headers, links of the Link header, cookies; in the order they stand, each kind."""
    location = answer.header("location")
    if location:
        yield from url_leaves(location)
    yield from counted("header", ((name, value) for name, value in answer.headers if name.lower() != "set-cookie"))
    yield from counted("link", _links(answer.headers))
    yield from counted("cookie", set_cookies(answer.headers))


def page_leaves(answer: Answer) -> Iterator[Leaf]:
    """What an HTML page gives: see `replayer.htmltext`. Nothing of what is no page.

    A hidden field is told by its form where the page has more than one of its name, and the form has no id in its name.
    """
    kind = answer.header("content-type") or ""
    if "html" not in kind.lower():
        return
    page = found_in(answer.body.decode("utf-8", "replace"))
    names = Counter(found.name for found in page if found.kind == "html")
    seen: dict[tuple[str, str, str], int] = {}
    for found in page:
        within = found.within if names[found.name] > 1 and not _ID.search(found.within) else ""
        nth = seen.get((found.kind, found.name, within), 0)
        seen[found.kind, found.name, within] = nth + 1
        yield Leaf(_place(found, within, nth), found.value)


def _place(found: Found, within: str, nth: int) -> Place:
    return Place(found.kind, name=found.name, nth=nth, within=within)


def _links(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() == "link":
            for url, parameters in _LINK.findall(value):
                relation = _RELATION.search(parameters)
                yield (relation[1].strip() if relation else ""), url
