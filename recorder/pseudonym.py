"""Keyed pseudonyms: the same secret gets the same stand-in wherever it stands, and nobody without the key gets back.

A stand-in keeps what systems look at and no more (see privacy/standins.py). Values that say the same in another
grouping or case (a card number with and without spaces) have the same stand-in, grouped or cased as they are.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from typing import Any

from recorder.privacy.checksums import only_digits
from recorder.privacy.kinds import kind_of
from recorder.privacy.mark import with_mark
from recorder.privacy.nothing import is_nothing
from recorder.privacy.shapes import shape_of
from recorder.privacy.signs import generic
from recorder.privacy.standins import STAND_INS, is_stand_in

_CACHED = 100_000  # stand-ins remembered: credentials and ids come again and again
_KEPT_CLAIMS = frozenset({"exp", "iat", "nbf", "auth_time", "alg", "typ", "cty", "enc", "zip", "b64", "crit"})
_GROUPED = frozenset({"phone number", "card number"})


class Pseudonyms:
    """All stand-ins under one key. They depend on key and value alone, never on what came before."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """16 hex digits that say whether two keys are the same, and nothing else of them."""
        return self._digest("foreshock key fingerprint").hex()[:16]

    def of(self, value: str) -> str:
        """The stand-in of `value`; '' stays ''."""
        if value in self._made:
            return self._made[value]
        stand_in = self._make(value) if value else value
        if len(self._made) >= _CACHED:
            self._made.clear()
        self._made[value] = stand_in
        return stand_in

    def hashed(self, value: str) -> str:
        """32 hex digits, the same for the same value under this key; nothing of its shape."""
        return with_mark(self._digest(f"hash of {value}").hex()[:32], ("0123456789abcdef",))

    def _make(self, value: str) -> str:
        kind = None if is_nothing(value) else kind_of(value)
        if kind == "jwt":
            return self._jwt(value)
        if kind == "user info":
            return ":".join(self.of(part) for part in value.split(":"))
        if kind is None and (basic := _user_and_password(value)):
            plain = ":".join(map(self.of, basic))
            return base64.b64encode(plain.encode("latin-1", "replace")).decode("ascii")
        shape = kind or shape_of(value) or ""
        return STAND_INS.get(shape, generic)(value, self._digest(_sameness(value, shape)))

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")

    def _jwt(self, token: str) -> str:
        """Header and claims keep their structure, the algorithm and the times; the signature follows from them."""
        head, claims, *rest = token.split(".")
        signed = ".".join((self._json_part(head), self._json_part(claims)))
        return ".".join((signed, *_signatures(signed, rest)))

    def _json_part(self, part: str) -> str:
        content = json_part(part)
        if content is None:
            return generic(part, self._digest(part))
        return unpadded(json.dumps(self._claims(content), separators=(",", ":")).encode())

    def _claims(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: inner if name in _KEPT_CLAIMS else self._claims(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._claims(inner) for inner in value]
        if isinstance(value, str):
            return self.of(value)
        if isinstance(value, bool) or value is None or not math.isfinite(value):
            return value
        return json.loads(self.of(json.dumps(value)))


def is_pseudonym(value: str) -> bool:
    """Whether a value that is private by kind or name is a stand-in, of whatever key, or too short for one to tell."""
    kind = kind_of(value)
    if kind == "jwt":
        head, claims, *rest = value.split(".")
        return rest == _signatures(f"{head}.{claims}", rest)
    if kind == "user info":
        return all(is_stand_in(part, kind_of(part)) for part in value.split(":"))
    if kind is None and (basic := _user_and_password(value)):
        return all(is_stand_in(part, kind_of(part)) for part in basic)
    return is_stand_in(value, kind)


def _user_and_password(value: str) -> list[str] | None:
    """Of basic credentials (RFC 7617), or None."""
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return plain.split(":", 1) if ":" in plain and plain.isprintable() else None


def json_part(part: str) -> Any:
    """What a part of a JWT says, or None."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def unpadded(raw: bytes) -> str:
    """base64url as JWTs have it (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _signatures(signed: str, parts: list[str]) -> list[str]:
    """What follows the claims of a stand-in: as many signs, which follow from them without the key."""
    return [
        unpadded(hashlib.shake_256(f"{number} {signed}".encode()).digest(len(part) * 3 // 4))
        for number, part in enumerate(parts)
    ]


def _sameness(value: str, shape: str) -> str:
    """What is the same for values that say the same."""
    if shape in _GROUPED:
        return only_digits(value)
    if shape == "iban":
        return re.sub(r"\s", "", value).upper()
    return value.lower() if shape in ("e-mail", "uuid") else value
