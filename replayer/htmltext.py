"""What an HTML page gives to later requests: hidden fields, <meta> contents, where its forms and links go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from replayer.urltext import origin_form

_GIVING = re.compile(r"/?(?:form|a)[\s>/]|(?:input|meta)[\s/]", re.IGNORECASE)
_MOST_CHARS = 1 << 19  # of a page are looked at
_TEXT_CHARS = 60  # of a link that name it


class Found(NamedTuple):
    """A value of a page: kind 'html' (a hidden field, `within` its form), 'meta', 'action' or 'a'."""

    kind: str
    name: str
    value: str
    within: str = ""


def found_in(text: str) -> list[Found]:
    """What the page gives, in the order it stands; of a broken page as much as browsers would make of it."""
    page = _Page()
    page.feed("".join(_told_apart(text[:_MOST_CHARS])))
    page.close()
    return page.found


def _told_apart(text: str) -> Iterator[str]:
    """The tags that give something, and all text: the parser's time grows with the square of what is never closed."""
    first, *pieces = text.split("<")
    yield first
    for piece in pieces:
        end = piece.find(">")
        if end >= 0:
            yield f"<{piece}" if _GIVING.match(piece) else piece[end + 1 :]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self._form = ""
        self._href: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        says = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = says.get("action", "")
            self._form = says.get("id") or says.get("name") or origin_form(action).partition("?")[0]
            self.found.append(Found("action", "", action))
        elif tag == "input" and says.get("type", "").lower() == "hidden" and says.get("name"):
            self.found.append(Found("html", says["name"], says.get("value", ""), self._form))
        elif tag == "meta" and (name := says.get("name") or says.get("property")):
            self.found.append(Found("meta", name, says.get("content", "")))
        elif tag == "a" and says.get("href"):
            self._href, self._text = says["href"], []

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "a" and self._href is not None:
            name = " ".join("".join(self._text).split())[:_TEXT_CHARS]
            if name and "://" not in name:  # a URL for a text, as on the page of a redirect, is no name that lasts
                self.found.append(Found("a", name, self._href))
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self._text.append(data)
