"""What followed each exchange that went on, out of segments in which it stands mingled: one read, then by exchange.

A recording may hold more messages than memory does, so they are put together in a file without a name, which is gone
when it is closed. Of each exchange only the places there are held. What was sealed is sealed there under a key that
nobody else ever has.
"""

import secrets
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Self

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.following import Following

_IN_MEMORY_BYTES = 32 << 20  # before there is a file
_AT_ONCE = 4096  # lines of one exchange among so many stand together


class _Of(msgspec.Struct):
    of: str


class Followed:
    """`on_strange` hears of lines that are none. Belongs to one thread; close it."""

    def __init__(self, lines: Iterable[bytes], *, seal: bool, on_strange: Callable[[], None]) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed by its owner)
        self._end = 0
        self._places: dict[str, array[int]] = {}  # by exchange: offset, length, offset, length ...
        self._cipher = AESGCM(secrets.token_bytes(16)) if seal else None
        self._decode = msgspec.json.Decoder(Following).decode
        self._on_strange = on_strange
        decode = msgspec.json.Decoder(_Of).decode
        numbered = iter(lines)
        while some := list(islice(numbered, _AT_ONCE)):
            self._put(some, decode)

    def of(self, exchange: str) -> list[Following]:
        """All that followed it, in the order of the segments; nothing where nothing did."""
        return [line for text in self._texts(exchange) for line in self._decoded(text)]

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, lines: list[bytes], decode: Callable[[bytes], _Of]) -> None:
        together: dict[str, list[bytes]] = {}
        for line in lines:
            try:
                together.setdefault(decode(line).of, []).append(line)
            except ValueError:  # no JSON, JSON of something else, or no UTF-8
                self._on_strange()
        for exchange, some in together.items():
            text = self._sealed(b"\n".join(some))
            self._file.write(text)
            self._places.setdefault(exchange, array("Q")).extend((self._end, len(text)))
            self._end += len(text)

    def _texts(self, exchange: str) -> Iterator[bytes]:
        places = iter(self._places.get(exchange, ()))
        for at, length in zip(places, places, strict=True):
            self._file.seek(at)
            yield self._opened(at, self._file.read(length))

    def _decoded(self, text: bytes) -> Iterator[Following]:
        for line in text.split(b"\n"):
            try:
                yield self._decode(line)
            except ValueError:  # no JSON, JSON of something else, or no UTF-8
                self._on_strange()

    def _sealed(self, text: bytes) -> bytes:
        return self._cipher.encrypt(_nonce(self._end), text, None) if self._cipher else text

    def _opened(self, at: int, text: bytes) -> bytes:
        return self._cipher.decrypt(_nonce(at), text, None) if self._cipher else text


def _nonce(at: int) -> bytes:
    """The place in the file, which is written once."""
    return at.to_bytes(12, "big")
