"""`--session-key`: which header, cookie or claim of a token is a client's identity, where the user knows better."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from recorder.exchange import Exchange, Header, header, header_values

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, 5.6.2)
_PATH = re.compile(r"\$(?:\.[^.\s]+)+")
_WANTED = "expected header:NAME, cookie:NAME, or token:$.CLAIM such as token:$.sub"


class SessionKey(msgspec.Struct, frozen=True):
    where: Literal["header", "cookie", "token"]
    name: str  # of the header or cookie; of a token the claim's place, such as '$.user.id'

    @classmethod
    def parse(cls, text: str) -> "SessionKey":
        """Raises ValueError naming what is allowed."""
        where, _, name = text.partition(":")
        if where in ("header", "cookie") and _NAME.fullmatch(name):
            return cls("header" if where == "header" else "cookie", name)
        if where == "token" and _PATH.fullmatch(name):
            return cls("token", name)
        raise ValueError(f"{_WANTED}; got {text!r}")

    def __str__(self) -> str:
        return f"{self.where}:{self.name}"

    def of(self, exchange: Exchange) -> str:
        """The client's identity; '' where neither the request shows it nor, of a cookie, the answer gives it."""
        headers = exchange.request.headers
        if self.where == "header":
            return header(headers, self.name) or ""
        if self.where == "token":
            return _claim(header(headers, "authorization") or "", self.name)
        given = exchange.response.headers if exchange.response else ()
        return _cookie(headers, "cookie", self.name) or _cookie(given, "set-cookie", self.name)


def _cookie(headers: Iterable[Header], kind: str, wanted: str) -> str:
    for line in header_values(headers, kind):
        pairs = line.split(";")
        for pair in pairs[:1] if kind == "set-cookie" else pairs:
            name, _, value = pair.strip().partition("=")
            if name == wanted:
                return value
    return ""


def _claim(authorization: str, path: str) -> str:
    """The text at `path` in the claims of a bearer JWT (RFC 7519); '' where there is none."""
    parts = authorization.rpartition(" ")[2].split(".")
    if len(parts) != 3:
        return ""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return ""
    for name in path.split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return "" if found is None or isinstance(found, dict | list) else str(found)
