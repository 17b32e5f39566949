"""A digest of a request: equal for equal method, target and body, and otherwise without meaning.

The key is random and dies with the process, so that nothing about what was asked can be found out from it.
"""

import secrets
from hashlib import blake2b

LONGEST_BODY = 1 << 20  # bytes; longer ones have no digest
DIGEST_BYTES = 16

_KEYED = blake2b(key=secrets.token_bytes(32), digest_size=DIGEST_BYTES)


class Digest:
    """Of a request whose body is still coming."""

    def __init__(self, method: bytes, target: bytes) -> None:
        self._hash = _KEYED.copy()
        self._hash.update(b"%d %b %d %b" % (len(method), method, len(target), target))
        self._left = LONGEST_BODY

    def add(self, data: bytes) -> None:
        """More of the body."""
        self._left -= len(data)
        if self._left >= 0:
            self._hash.update(data)

    def hex(self) -> str:
        """'' if the body was too long."""
        return self._hash.hexdigest() if self._left >= 0 else ""
