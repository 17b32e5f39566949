"""A body on its way through: every chunk goes on at once, and as much of it is kept as the cap allows.

Beyond the cap its size and a keyed digest are what is kept: nothing is held, however long it streams.
"""

import hashlib
import hmac
from typing import Any

from recorder.exchange import Content

_LABEL = b"foreshock: digests of bodies"


class Cap:
    """How many bytes of a body are kept, and the key of the digests of longer ones (made from the pseudonyms' key)."""

    def __init__(self, cap_bytes: int, key: bytes) -> None:
        self.cap_bytes = cap_bytes
        self._key = hmac.digest(key, _LABEL, hashlib.sha256)

    def content_of(self, raw: bytes) -> Content:
        """What is kept of a body that is here as a whole."""
        if len(raw) <= self.cap_bytes:
            return Content.of(raw)
        return Content(size=len(raw), digest=hmac.digest(self._key, raw, hashlib.sha256).hex())

    def digest(self) -> "hmac.HMAC":
        return hmac.new(self._key, digestmod=hashlib.sha256)


class BodyTap:
    """Called with each chunk, gives it back unchanged; `content()` is what is kept of what came so far."""

    __slots__ = ("_cap", "_chunks", "_digest", "_size")

    def __init__(self, cap: Cap) -> None:
        self._cap = cap
        self._chunks: list[bytes] = []
        self._digest: Any = None  # an HMAC, once the body is beyond the cap
        self._size = 0

    def __call__(self, chunk: bytes) -> bytes:
        self._size += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)
        elif chunk:
            self._chunks.append(chunk)
            if self._size > self._cap.cap_bytes:
                self._let_go()
        return chunk

    def _let_go(self) -> None:
        self._digest = self._cap.digest()
        for chunk in self._chunks:
            self._digest.update(chunk)
        self._chunks.clear()

    def content(self) -> Content:
        if self._digest is not None:
            return Content(size=self._size, digest=self._digest.hexdigest())
        return Content.of(b"".join(self._chunks))
