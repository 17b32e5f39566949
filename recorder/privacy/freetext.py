"""Text of no known structure without what is private in it: what its look tells, and what stands behind a name."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from recorder.privacy import kinds
from recorder.privacy.layers import ESCAPED, Unpacked, unbased, unescaped
from recorder.privacy.naming import is_version
from recorder.privacy.nothing import is_nothing

if TYPE_CHECKING:
    from recorder.privacy.values import Values

CREDENTIALS = re.compile(r"(?:bearer|basic|token|digest) ", re.IGNORECASE)

_NAME = re.compile(r"""(?<![\w-])([\w-]{2,64})\\*["']?\s*[=:]\s*\\*["']?""")
_VALUE = re.compile(r"""(?<=["'])[^"'\\]+|[^\s,;&"'\\<>{}()\[\]]+""")
_TAG = re.compile(r"<(?:[\w-]+:)?([\w-]+)(?:\s[^<>]*)?>([^<>]+)(?=</)")
_CONTROL = re.compile(r"<(?:input|meta|param|button)\s[^<>]*>", re.IGNORECASE)  # HTML's, of a name and a value
_CALLED = re.compile(r"""\sname\s*=\s*["']?([\w.\[\]-]+)""", re.IGNORECASE)
_HELD = re.compile(
    r"""\s(?:value|content)\s*=\s*(?:"(?P<a>[^"]+)"|'(?P<b>[^']+)'|(?P<c>[^\s"'>]+?)(?=\s|/?>))""", re.IGNORECASE
)
_AREA = re.compile(r"""(?<=<textarea)(\s[^<>]*)>([^<]+)""", re.IGNORECASE)
_ESCAPED_RUN = re.compile(r"[^\s\"'<>]{0,2000}?%[0-9A-Fa-f]{2}[^\s\"'<>]*")
_PACKED_RUN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/_-])")
_WORD = re.compile(r"[^\W_]+")


class FreeTexts:
    """Redacts free text. It notes which stand-ins stand in the text at hand: they are not replaced again."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._fresh: set[str] = set()

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Within it another text is at hand."""
        outer, self._fresh = self._fresh, set()
        try:
            yield
        finally:
            self._fresh = outer

    def note(self, stand_in: str) -> None:
        """It stands in the text at hand; of a JWT its parts, too, which are base64."""
        self._fresh.update((stand_in, *stand_in.split(".")))

    def redacted(self, text: str, name: str, depth: int, *, is_code: bool = False) -> str:
        """Without private kinds, credentials, and the values in `name=value` and `"name": "value"`.

        Of program text (`is_code`) only the kinds: its names are no fields.
        """
        if self._values.strict:
            return _WORD.sub(lambda word: self._values.stand_in(word[0]), text)
        with self.afresh():
            return self.looked_through(text, name, depth, is_code=is_code)

    def looked_through(self, text: str, name: str, depth: int, *, is_code: bool = False) -> str:
        """The same, of the text at hand."""
        text = self._kinds(text, name)
        if not is_code and ("=" in text or ":" in text):
            text = self._pairs(text)
        if "<" in text:
            text = _CONTROL.sub(self._control, text)
            text = _AREA.sub(self._area, text)
        if "</" in text:
            text = _TAG.sub(lambda tag: tag[0].removesuffix(tag[2]) + self._markup(tag[1], tag[2]), text)
        return self._runs(text, depth) if depth else text

    def _kinds(self, text: str, name: str) -> str:
        pieces, done = [], 0
        for one in kinds.find(text):
            value = text[one.start : one.end]
            if self._is_kept(one.kind, value, name):
                continue
            pieces += [text[done : one.start], self._new(value)]
            done = one.end
        return "".join([*pieces, text[done:]]) if pieces else text

    def _is_kept(self, kind: str, value: str, name: str) -> bool:
        if not self._values.tells(kind) or value in self._fresh:
            return True
        return kind == "ip address" and (value in self._values.own_hosts or is_version(name))

    def _new(self, value: str) -> str:
        """The stand-in, which is not looked at again in this text."""
        if value in self._fresh:
            return value
        new = self._values.secret(value)
        self.note(new)
        return new

    def _pairs(self, text: str) -> str:
        pieces, done = [], 0
        for name in _NAME.finditer(text):
            if name.start() < done or not self._values.naming_of(name[1]):
                continue
            value = _VALUE.match(text, name.end())
            if value:
                scheme = CREDENTIALS.match(text, value.start())
                start = scheme.end() if scheme else value.start()
                value = _VALUE.match(text, start) if scheme else value
            if value:
                pieces += [text[done : value.start()], self._new(value[0])]
                done = value.end()
        return "".join([*pieces, text[done:]]) if pieces else text

    def _control(self, tag: re.Match[str]) -> str:
        """HTML's `<input name=... value=...>` and `<meta name=... content=...>`, in either order, quoted or not."""
        name, held = _CALLED.search(tag[0]), _HELD.search(tag[0])
        if not (name and held and held.lastgroup):
            return tag[0]
        start, end = held.span(held.lastgroup)
        return tag[0][:start] + self._markup(name[1], tag[0][start:end]) + tag[0][end:]

    def _area(self, tag: re.Match[str]) -> str:
        name = _CALLED.search(tag[1])
        return f"{tag[1]}>{self._markup(name[1], tag[2])}" if name else tag[0]

    def _markup(self, name: str, value: str) -> str:
        """What stands in an element of this name."""
        if not self._values.naming_of(name) or value in self._fresh or not value.strip():
            return value
        return html.escape(self._new(html.unescape(value)))

    def _runs(self, text: str, depth: int) -> str:
        """What is percent-encoded or base64 amid other text."""
        if ESCAPED.search(text):
            text = _ESCAPED_RUN.sub(lambda run: self._run(unescaped(run[0]), run[0], depth), text)
        if _PACKED_RUN.search(text):
            text = _PACKED_RUN.sub(lambda run: self._run(unbased(run[0]), run[0], depth), text)
        return text

    def _run(self, unpacked: Unpacked | None, run: str, depth: int) -> str:
        if unpacked is None or run in self._fresh or is_nothing(run):
            return run
        with self.afresh():
            return self._values.repacked(unpacked, run, "", depth)
