"""Sealed segments of a recording, and who has the key to them.

The key of encryption is another than that of the pseudonyms: who may read a recording need not be able to make its
pseudonyms. Commands that read find it by the environment, so that each of them reads sealed recordings as others.
"""

import hmac
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

from foreshock.errors import UsageError
from foreshock.frames import CUT_OFF, Frame, frames
from foreshock.segment import read_segment
from recorder.key import read_key
from recorder.sealing import HEADER_BYTES, CannotOpen, Opener, is_sealed

KEY_VARIABLE = "FORESHOCK_ENCRYPT_KEY"  # the path of the key's file

_LENGTH_BYTES = 4


def key_of_environment() -> bytes | None:
    """The key that the environment names; None if it names none. UsageError if it cannot be read."""
    path = os.environ.get(KEY_VARIABLE)
    return read_key(Path(path)) if path else None


def seal_fingerprint(key: bytes) -> str:
    """16 hex digits that tell whether a key is the one, and nothing else of it."""
    return hmac.digest(key, b"foreshock seal fingerprint", "sha256").hex()[:16]


def check_key(folder: Path, fingerprint: str, key: bytes | None) -> None:
    """UsageError unless the recording in `folder` is not sealed (fingerprint ''), or sealed under this key."""
    if fingerprint and key is None:
        raise UsageError(f"{folder} is sealed; name the file of its key: {KEY_VARIABLE}=FILE")
    if fingerprint and key is not None and seal_fingerprint(key) != fingerprint:
        raise UsageError(f"{folder} is sealed under another key than this one ({KEY_VARIABLE}, or --encrypt-key)")


def segment_lines(path: Path, key: bytes | None, on_tear: Callable[[str], None]) -> Iterator[bytes]:
    """The lines of a segment around its damage; of a sealed one up to it, for none of its frames opens behind that."""
    if not _is_sealed(path):
        yield from read_segment(path, on_tear, past_damage=True)
        return
    for frame in segment_frames(path, key):
        if frame.content is None:
            on_tear(f"{path.name} {frame.trouble} (at byte {frame.at}): read up to there")
            return
        yield from (line for line in frame.content.split(b"\n") if line)


def segment_frames(path: Path, key: bytes | None) -> Iterator[Frame]:
    """The frames of a segment, sealed or not. Behind a sealed frame that does not open, none does."""
    if not _is_sealed(path):
        yield from frames(path)
        return
    data = path.read_bytes()
    try:
        opener = Opener.of(key or b"", data[:HEADER_BYTES])
    except (CannotOpen, ValueError) as error:
        yield Frame(0, len(data), None, str(error))
        return
    at = HEADER_BYTES
    while at < len(data):
        length = int.from_bytes(data[at : at + _LENGTH_BYTES])
        end = at + _LENGTH_BYTES + length
        if end > len(data):
            yield Frame(at, len(data) - at, None, CUT_OFF)
            return
        try:
            content = _decompressed(opener.open(data[at + _LENGTH_BYTES : end]))
        except (CannotOpen, zstandard.ZstdError) as error:
            yield Frame(at, len(data) - at, None, f"is damaged ({error})")
            return
        yield Frame(at, end - at, content)
        at = end


def _decompressed(frame: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(frame)


def _is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return is_sealed(file.read(HEADER_BYTES))
