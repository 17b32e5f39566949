"""What is packed into a text: base64 of a text or of something compressed, percent-encoding. Bounded in depth."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from recorder.coding import CannotDecode, coding_of

DEPTH = 6  # layers looked through; what is packed deeper is replaced whole

ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_BASE64 = re.compile(r"(?=.{8,}\Z)(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}")
_HEX = re.compile(r"[0-9a-f-]+|[0-9A-F-]+|[a-z]+|[A-Z]?[a-z]+|\d+")
_LEAST_PLAIN = 6  # characters: nothing private that is told by its look is shorter
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))


class Unpacked(NamedTuple):
    """The text inside, and what packs another text as this one was packed."""

    text: str
    pack: Callable[[str], str]


def as_text(body: bytes) -> str:
    """The body as text, from which `as_bytes` makes the same bytes again, whether they are UTF-8 or not."""
    return body.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can write and UTF-8 cannot
        return text.encode("utf-8", "surrogatepass")


def unescaped(text: str) -> Unpacked | None:
    """What percent-encoding holds; None if there is none."""
    if not ESCAPED.search(text):
        return None
    plus = "+" in text and " " not in text
    plain = unquote_plus(text, errors="surrogateescape") if plus else unquote(text, errors="surrogateescape")
    left_plain = "".join({char for char in text if not char.isalnum() and char not in "%+"})
    escape = quote_plus if plus else quote
    return Unpacked(plain, lambda new: escape(as_bytes(new), safe=left_plain))


def unbased(text: str) -> Unpacked | None:
    """The text that base64 (or base64url, padded or not) holds, compressed or not; None if it holds none."""
    if not _BASE64.fullmatch(text) or _HEX.fullmatch(text) or len(text.rstrip("=")) % 4 == 1:
        return None
    urlsafe = "-" in text or "_" in text
    raw = _decoded(text, urlsafe)
    if raw is None:
        return None
    plain, pack = _inflated(raw)
    try:
        inside = plain.decode()
    except UnicodeDecodeError:
        return None
    if len(inside) < _LEAST_PLAIN or not _is_writing(inside):
        return None

    def packed(new: str) -> str:
        encoded = (base64.urlsafe_b64encode if urlsafe else base64.b64encode)(pack(as_bytes(new))).decode("ascii")
        return encoded if text.endswith("=") or len(text) % 4 == 0 else encoded.rstrip("=")

    return Unpacked(inside, packed)


def _decoded(text: str, urlsafe: bool) -> bytes | None:
    filled = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(filled, altchars=b"-_" if urlsafe else None, validate=True)
    except (binascii.Error, ValueError):
        return None


def _inflated(raw: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
    """(what is compressed in it, how to compress another), or itself."""
    coding = magic_of(raw)
    if coding is not None:
        try:
            return coding_of(coding).decode(raw), coding_of(coding).encode
        except CannotDecode:
            pass
    return raw, bytes


def magic_of(raw: bytes) -> str | None:
    """The content coding that these bytes begin like, or None."""
    return next((coding for magic, coding in _MAGIC if raw.startswith(magic)), None)


def _is_writing(text: str) -> bool:
    """Whether it reads as text: of random bytes that happen to be UTF-8, some are control characters."""
    return all(char.isprintable() or char in "\r\n\t" for char in text)
