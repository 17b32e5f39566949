"""Where a plan is sent, and a request as the bytes that go there (HTTP/1.1, RFC 9112)."""

from __future__ import annotations

import re
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.plan import Request
from replayer.urltext import as_bytes, origin_form

# What belongs to one connection or is ours to say (RFC 9110, 7.6.1): a template has none of it, and it is never sent.
HOP_BY_HOP = frozenset({
    "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip

_SAYS_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # a length is said even where there is no body (RFC 9110, 8.6)
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(r"[\r\n\0]")


class Unsendable(ValueError):
    """The request cannot be written as HTTP/1.1 without becoming another one. The message repeats no value (law 9)."""


class Target(NamedTuple):
    """`prefix` stands before every path; `authority` is what Host says; `tls` is None for plain HTTP."""

    host: str
    port: int
    authority: str
    prefix: str
    tls: ssl.SSLContext | None

    @classmethod
    def parse(cls, url: str) -> Target:
        """The target at `url`; https verifies the certificate. Raises UsageError naming what is allowed."""
        expected = "expected a URL such as 'http://127.0.0.1:8080' or 'https://staging.example/api'"
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UsageError(f"target={url}: {error}; {expected}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"target={url}: {expected}")
        authority = parts.netloc.rpartition("@")[2]
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        return cls(parts.hostname, port, authority, parts.path.rstrip("/"), tls)


def carrying(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    """The request with these headers, in the place of those of the same names."""
    names = {name.lower() for name, _ in headers}
    kept = tuple(header for header in request.headers if header[0].lower() not in names)
    return replace(request, headers=kept + headers) if headers else request


def payload(request: Request, target: Target) -> bytes:
    """The request as sent to `target`: Host and Content-Length are ours, everything else is the template's.

    Raises Unsendable where a text would break out of its place.
    """
    body = request.body.raw if request.body else b""
    lines = [_request_line(request, target)]
    host_at = len(lines)
    for name, value in request.headers:
        if name.lower() == "host":
            lines.insert(host_at, _line(name, target.authority))
        elif name.lower() not in HOP_BY_HOP:
            lines.append(_line(name, value))
    if not any(name.lower() == "host" for name, _ in request.headers):
        lines.insert(host_at, _line("Host", target.authority))
    if body or request.method in _SAYS_LENGTH:
        lines.append(_line("Content-Length", str(len(body))))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _line(name: str, value: str) -> bytes:
    if not _METHOD.fullmatch(name) or _BREAKS.search(value):
        raise Unsendable(f"unsendable: header {name!r} has a character that no header's name or value has")
    return f"{name}: ".encode("ascii") + _latin(value)


def _request_line(request: Request, target: Target) -> bytes:
    path = origin_form(request.target)
    if not _METHOD.fullmatch(request.method) or re.search(r"[\x00-\x20\x7f]", path):
        raise Unsendable("unsendable: its method or target has a character that no request line has")
    return b" ".join((request.method.encode(), _latin(target.prefix + path), b"HTTP/1.1"))


def _latin(text: str) -> bytes:
    """The bytes that Latin-1 text stands for; text that is more than that goes as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return as_bytes(text)
