"""Where a request says the recorded system's own address, it says the target's: in Origin, Referer, a form's `next`.

A system compares such URLs with its own, and refuses the request where they are another's. Only whole URLs at the
address that the request's own Host names are changed; any other stays as recorded. (RFC 6454, RFC 9110, 10.1.3)
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from msgspec.structs import replace

from replayer.plan import Body, Request
from replayer.target import Target


def at_home(request: Request, target: Target) -> Request:
    """The request with URLs of its own Host at `target`'s address; the same object where it has none."""
    host = _host(request)
    if not host or host == target.authority:
        return request
    text = (request.body.text if request.body else None) or ""
    if not _says(request, text, host):
        return request
    own = _Own(host, "https" if target.tls else "http", target.authority)
    moved = own.moved(text)
    return replace(
        request,
        headers=tuple((name, value if name.lower() == "host" else own.moved(value)) for name, value in request.headers),
        target=own.moved(request.target),
        body=request.body if moved == text else Body(text=moved),
    )


def _host(request: Request) -> str:
    for name, value in request.headers:
        if len(name) == 4 and name.lower() == "host":
            return value.strip()
    return ""


def _says(request: Request, text: str, host: str) -> bool:
    """Whether the request has the host anywhere but in Host: mostly not, and this is asked of every request."""
    encoded = _encoded(host)
    if host in text or host in request.target or encoded in text or encoded in request.target:
        return True
    for name, value in request.headers:  # noqa: SIM110 (a generator takes twice the time)
        if (host in value or encoded in value) and name.lower() != "host":
            return True
    return False


class _Own:
    """URLs at `host`, as they are, percent-encoded, or with JSON's escaped slashes; they keep how they are written."""

    def __init__(self, host: str, scheme: str, authority: str) -> None:
        self._pattern = _pattern(host)
        self._scheme = scheme
        self._authority = authority

    def moved(self, text: str) -> str:
        return self._pattern.sub(self._at_target, text)

    def _at_target(self, match: re.Match[str]) -> str:
        sign = match["sign"]
        authority = quote(self._authority, safe="") if "%" in sign else self._authority
        return f"{self._scheme}{sign}{authority}"


def without_own(body: bytes, own: str) -> bytes:
    """`body` with URLs at the address `own` at one of nobody's, so that two systems' answers can be compared."""
    if not own or not any(host in body for host in _spellings(own)):
        return body
    return _pattern_of_bytes(own).sub(rb"http\g<sign>own.invalid", body)


@lru_cache(maxsize=64)
def _encoded(host: str) -> str:
    return quote(host, safe="")


@lru_cache(maxsize=64)
def _spellings(host: str) -> tuple[bytes, ...]:
    return host.encode(), _encoded(host).encode()


@lru_cache(maxsize=64)
def _pattern(host: str) -> re.Pattern[str]:
    return re.compile(_expression(host), re.IGNORECASE)


@lru_cache(maxsize=64)
def _pattern_of_bytes(host: str) -> re.Pattern[bytes]:
    return re.compile(_expression(host).encode(), re.IGNORECASE)


def _expression(host: str) -> str:
    plain, encoded = re.escape(host), re.escape(quote(host, safe=""))
    sign = r"(?P<sign>://|:\\/\\/|%3[Aa]%2[Ff]%2[Ff])"
    return rf"(?<![\w%])https?{sign}(?:{plain}|{encoded})(?![\w.:-]|%3[Aa]\d)"
