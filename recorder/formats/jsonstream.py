"""A JSON document of any length, walked value by value: what a HAR file needs, whose entries may be a million.

The walk's owner goes into objects and arrays itself and takes every other value as its bytes. Where a value ends is
what msgspec's decoder finds while it skips the value: it says at which byte something follows.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from foreshock.errors import HarnessError
from recorder.formats.source import Torn

VALUE_BYTES = 512 << 20  # one value longer than that is no exchange; it would fill the memory

_CHUNK_BYTES = 1 << 20
_SPACE = b" \t\r\n"
_FOLLOWS = re.compile(r"trailing characters \(byte (\d+)\)")
_PLACE = re.compile(r"\(byte (\d+)\)")
_NUMBER_BYTES = 32
_NOT_SPACE = re.compile(rb"[^ \t\r\n]")
# Half of a surrogate pair: JavaScript writes it, UTF-8 has no bytes for it, and msgspec refuses it. At the end of what
# is buffered it may be the first of a pair.
_PAIR = re.compile(rb"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", re.IGNORECASE)
_HALF = re.compile(rb"\\ud[89a-f][0-9a-f]{2}(?=.{6})", re.IGNORECASE | re.DOTALL)


def _told_past() -> int:
    """How far behind the value msgspec tells the byte that follows it: asked, for its versions may differ."""
    try:
        msgspec.json.decode(b"{},")
    except msgspec.DecodeError as error:
        if follows := _FOLLOWS.search(str(error)):
            return int(follows[1]) - len(b"{}")
    raise HarnessError("msgspec does not say where a JSON value ends; install the locked version: make setup")


_PAST = _told_past()


class JsonStream:
    """Walks `file` from where it stands. Torn, with the byte, where it is no JSON."""

    def __init__(self, file: BinaryIO, name: str, value_bytes: int = VALUE_BYTES) -> None:
        self._file = file
        self._name = name
        self._value_bytes = value_bytes
        self._decoder = msgspec.json.Decoder(msgspec.Raw)
        self._buffer = b""
        self._at = 0
        self._before = 0  # bytes of the file that stand before the buffer
        self._chunk_bytes = _CHUNK_BYTES

    @property
    def offset(self) -> int:
        """The byte of the file that is next."""
        return self._before + self._at

    def next_char(self) -> bytes:
        """The next byte that is not white space, not taken yet; b'' at the end of the file."""
        while True:
            found = _NOT_SPACE.search(self._buffer, self._at)
            if found:
                self._at = found.start()
                return found[0]
            self._at = len(self._buffer)
            if not self._more():
                return b""

    def members(self) -> Iterator[str]:
        """The names of an object's fields: the owner takes the value (`value`, `members` or `items`) at each."""
        self._take(b"{")
        if self.next_char() == b"}":
            self._at += 1
            return
        while True:
            if self.next_char() != b'"':
                raise self._torn("expected a field's name in quotes")
            try:
                name = msgspec.json.decode(self.value(), type=str)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise self._torn("a field's name that is no text") from None
            self._take(b":")
            yield name
            if self._ends(b"}"):
                return

    def items(self) -> Iterator[int]:
        """Counts an array's items from 1: the owner takes the value at each."""
        self._take(b"[")
        if self.next_char() == b"]":
            self._at += 1
            return
        number = 0
        while True:
            number += 1
            yield number
            if self._ends(b"]"):
                return

    def value(self) -> bytes:
        """The next value as it stands, taken."""
        self.next_char()
        self._chunk_bytes = _CHUNK_BYTES
        while True:
            whole = False
            try:
                self._decoder.decode(memoryview(self._buffer)[self._at :])
                whole = True  # all that is buffered is one value: a number may go on in what was not read yet
            except RecursionError:
                raise self._torn("a value that is nested too deep") from None
            except msgspec.DecodeError as error:
                if follows := _FOLLOWS.search(str(error)):
                    return self._taken(self._at + int(follows[1]) - _PAST)
                if "truncated" not in str(error):
                    if self._mend_surrogates() or (self._is_near_the_end(error) and self._more()):
                        continue
                    raise self._torn(str(error)) from None
            if len(self._buffer) - self._at > self._value_bytes:
                raise self._torn(f"a value of more than {self._value_bytes >> 20} MiB")
            if not self._more():
                if whole:
                    return self._taken(len(self._buffer))
                raise self._torn("the file ends inside of a value")

    def _is_near_the_end(self, error: msgspec.DecodeError) -> bool:
        """Whether what is missing may be what was not read yet: of a number, msgspec calls the '-' alone malformed."""
        place = _PLACE.search(str(error))
        return place is None or self._at + int(place[1]) > len(self._buffer) - _NUMBER_BYTES

    def _taken(self, end: int) -> bytes:
        value, self._at = self._buffer[self._at : end], end
        return value

    def _mend_surrogates(self) -> bool:
        """Whether there were halves of surrogate pairs in what is buffered; U+FFFD stands for each now."""
        mended = without_halves(self._buffer)
        changed, self._buffer = mended != self._buffer, mended
        return changed

    def _ends(self, end: bytes) -> bool:
        char = self.next_char()
        if char not in (b",", end) or not char:
            raise self._torn(f"expected ',' or {end.decode()!r}")
        self._at += 1
        return char == end

    def _take(self, wanted: bytes) -> None:
        if self.next_char() != wanted:
            raise self._torn(f"expected {wanted.decode()!r}")
        self._at += 1

    def _more(self) -> bool:
        """Reads on; more each time for the same value, so that a long one is not skipped through too often."""
        data = self._file.read(self._chunk_bytes)
        self._chunk_bytes *= 2
        self._before += self._at
        self._buffer = self._buffer[self._at :] + data
        self._at = 0
        return bool(data)

    def _torn(self, why: str) -> Torn:
        why = "the file ends" if not self._buffer[self._at :] else why
        return Torn(f"{self._name}: not JSON at byte {self.offset}: {why}")


def without_halves(text: bytes) -> bytes:
    """JSON with U+FFFD in the place of every half of a surrogate pair; no byte moves."""
    marked = _PAIR.sub(lambda pair: pair[0].replace(rb"\u", b"\0U"), text)
    return _HALF.sub(rb"\\ufffd", marked).replace(b"\0U", rb"\u")
