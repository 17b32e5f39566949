"""Frames of a segment sealed under a key file: AES-256-GCM (NIST SP 800-38D), of the `cryptography` library.

Each file has a random salt, from which and the key HKDF-SHA256 (RFC 5869) makes the key of that file alone. A frame's
nonce is its number, and number and salt are authenticated with it: a frame that was altered, moved, left out before
another, or taken from another file is refused. What is left out after the last frame is told by the manifest's counts.

    file:  header | frame | frame ...
    header: b"FSHKSEAL" | version 1 | 3 bytes of zeros | salt (16 bytes)
    frame:  length of what follows (4 bytes, big-endian) | sealed zstd frame | tag (16 bytes)
"""

import secrets
from collections.abc import Iterator
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"FSHKSEAL"
HEADER_BYTES = 28
OVERHEAD_BYTES = 20  # of each frame: length and tag

_VERSION = b"\x01\x00\x00\x00"
_SALT_BYTES = 16
_LEAST_KEY_BYTES = 16
_MOST_FRAME_BYTES = 1 << 30


class CannotOpen(Exception):
    """Not sealed, not under this key, or altered; the message is a sentence."""


class Sealer:
    """Seals the frames of one new file, in their order."""

    def __init__(self, key: bytes, salt: bytes | None = None) -> None:
        self._salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
        self._cipher = _cipher(key, self._salt)
        self._number = 0

    @property
    def header(self) -> bytes:
        """What the file begins with; it is no secret."""
        return MAGIC + _VERSION + self._salt

    def seal(self, frame: bytes) -> bytes:
        """What stands for `frame` in the file. A sealed frame that never got to the disk must not be skipped."""
        sealed = self._cipher.encrypt(_nonce(self._number), frame, self._salt)
        self._number += 1
        return len(sealed).to_bytes(4, "big") + sealed


class Opener:
    """Opens the frames of one file, in their order."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._salt = salt
        self._cipher = _cipher(key, salt)
        self._number = 0

    @classmethod
    def of(cls, key: bytes, header: bytes) -> Self:
        """From the file's first 28 bytes. CannotOpen if they are not of a sealed file that this version reads."""
        if not is_sealed(header) or len(header) < HEADER_BYTES:
            raise CannotOpen("it is not sealed, or its header is cut off")
        if header[len(MAGIC) : len(MAGIC) + 4] != _VERSION:
            raise CannotOpen("it was sealed by a newer Foreshock")
        return cls(key, header[HEADER_BYTES - _SALT_BYTES : HEADER_BYTES])

    def open(self, sealed: bytes) -> bytes:
        """The next frame, from what follows its length. CannotOpen if it is not what was sealed here."""
        try:
            frame = self._cipher.decrypt(_nonce(self._number), sealed, self._salt)
        except (InvalidTag, ValueError):
            why = "the key is another, or it was altered" if self._number == 0 else "it was altered, moved or left out"
            raise CannotOpen(f"frame {self._number + 1} does not open: {why}") from None
        self._number += 1
        return frame

    def frames(self, body: bytes) -> Iterator[bytes]:
        """Every frame of what follows the header. CannotOpen at one that does not open, or is cut off."""
        at = 0
        while at < len(body):
            length = int.from_bytes(body[at : at + 4], "big")
            sealed = body[at + 4 : at + 4 + length]
            if len(sealed) < length or len(body) < at + 4 or length > _MOST_FRAME_BYTES:
                raise CannotOpen(f"frame {self._number + 1} is cut off")
            yield self.open(sealed)
            at += 4 + length


def seal_whole(content: bytes, key: bytes) -> bytes:
    """A file of one frame, which needs no compression: what `open_whole` opens."""
    sealer = Sealer(key)
    return sealer.header + sealer.seal(content)


def open_whole(file: bytes, key: bytes) -> bytes:
    """What was sealed whole. CannotOpen if it was not, or under another key, or was altered."""
    frames = list(Opener.of(key, file[:HEADER_BYTES]).frames(file[HEADER_BYTES:]))
    if len(frames) != 1:
        raise CannotOpen(f"it has {len(frames)} frames; expected one")
    return frames[0]


def is_sealed(beginning: bytes) -> bool:
    """Whether a file that begins so is a sealed one."""
    return beginning.startswith(MAGIC)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    if len(key) < _LEAST_KEY_BYTES:
        raise ValueError(f"a key of {len(key)} bytes; expected {_LEAST_KEY_BYTES} at least")
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"foreshock sealed segment 1").derive(key)
    return AESGCM(derived)


def _nonce(number: int) -> bytes:
    """96 bits, never used twice: the file's key is its own."""
    return number.to_bytes(12, "big")
