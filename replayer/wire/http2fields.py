"""A request as the fields of HTTP/2 (RFC 9113, 8), for a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from replayer.plan import Request
from replayer.target import HOP_BY_HOP, Target
from replayer.wire.http1text import SAYS_LENGTH, Expecting, checked, checked_path, latin, written

Headers = tuple[tuple[bytes, bytes], ...]


class Fields(NamedTuple):
    """`headers` begin with the pseudo ones. `as_http1` is the same for a target that turns out to speak no HTTP/2."""

    headers: Headers
    body: bytes
    trailers: Headers
    expects: bool
    as_http1: Callable[[], bytes | Expecting]


def fields(request: Request, target: Target) -> Fields:
    """The request as sent to `target`. Raises Unsendable, as for HTTP/1.1."""
    body = request.body.raw if request.body else b""
    expects = request.expects and bool(body)
    headers = [
        (b":method", request.method.encode("ascii")),
        (b":scheme", b"https" if target.tls else b"http"),
        (b":authority", target.authority.encode()),
        (b":path", checked_path(request, target)),
        *(_lower(name, value) for name, value in request.headers if _goes_on(name, value)),
    ]
    if not request.chunked and (body or request.method in SAYS_LENGTH):
        headers.append((b"content-length", b"%d" % len(body)))
    if request.trailers:
        headers.append((b"trailer", b", ".join(latin(name.lower()) for name, _ in request.trailers)))
    if expects:
        headers.append((b"expect", b"100-continue"))
    return Fields(
        headers=tuple(headers),
        body=body,
        trailers=tuple(_lower(name, value) for name, value in request.trailers),
        expects=expects,
        as_http1=lambda: written(request, target),
    )


def _goes_on(name: str, value: str) -> bool:
    """'TE: trailers' is the one of its kind that HTTP/2 has (RFC 9113, 8.2.2); gRPC wants it."""
    lower = name.lower()
    return (lower not in HOP_BY_HOP and lower != "host") or (lower == "te" and value.strip().lower() == "trailers")


def _lower(name: str, value: str) -> tuple[bytes, bytes]:
    raw_name, raw_value = checked(name, value)
    return raw_name.lower(), raw_value.strip(b" \t")
