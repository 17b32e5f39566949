"""A request as the bytes of HTTP/1.1 (RFC 9112), for a target."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from replayer.plan import Request
from replayer.target import HOP_BY_HOP, Target
from replayer.urltext import as_bytes, origin_form

SAYS_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # a length is said even where there is no body (RFC 9110, 8.6)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(r"[\r\n\0]")
_BREAKS_LINE = re.compile(r"[\x00-\x20\x7f]")
_CHUNK_BYTES = 1 << 16
_REMEMBERED = 1 << 13  # paths, headers and sets of headers: clients send the same ones again and again


class Unsendable(ValueError):
    """The request cannot be sent without becoming another one; the message is the step's `not_sent`.

    It begins with 'unsendable: ', or with 'unsupported: ' where it is we who cannot. It repeats no value (law 9).
    """


class Expecting(NamedTuple):
    """A request whose body (framing included) waits until the server says 100, or for a while."""

    head: bytes
    body: bytes


def written(request: Request, target: Target) -> bytes | Expecting:
    """The request as sent to `target`: Host and the framing of the body are ours, everything else is the template's.

    Raises Unsendable where a text would break out of its place.
    """
    body = request.body.raw if request.body else b""
    lines = _request_line(request, target) + _own_lines(request.headers, target.authority)
    if request.chunked or request.trailers:
        lines += _line("Transfer-Encoding", "chunked")
        if request.trailers:
            lines += _line("Trailer", ", ".join(name for name, _ in request.trailers))
        body = _in_chunks(body, request.trailers)
    elif body or request.method in SAYS_LENGTH:
        lines += _line("Content-Length", str(len(body)))
    if request.expects and body:
        return Expecting(lines + _line("Expect", "100-continue") + b"\r\n", body)
    return lines + b"\r\n" + body


def own_headers(request: Request, target: Target) -> list[tuple[str, str]]:
    """Host, as the template spells it, and those of the template's headers that go on, in its order."""
    return _own(request.headers, target.authority)


def _own(headers: Iterable[tuple[str, str]], authority: str) -> list[tuple[str, str]]:
    host = "Host"
    own: list[tuple[str, str]] = []
    for name, value in headers:
        lower = name.lower()
        if lower == "host":
            host = name
        elif lower not in HOP_BY_HOP or (lower == "connection" and value.strip().lower() == "close"):
            own.append((name, value))
    return [(host, authority), *own]


def checked_path(request: Request, target: Target) -> bytes:
    """The path and query that `target` is asked for. Raises Unsendable where method or path would become others."""
    return _path(request.method, request.target, target.prefix)


@lru_cache(_REMEMBERED)
def _path(method: str, target: str, prefix: str) -> bytes:
    path = origin_form(target)
    if not _TOKEN.fullmatch(method) or _BREAKS_LINE.search(path):
        raise Unsendable("unsendable: its method or target has a character that no request line has")
    if method == "CONNECT":
        raise Unsendable("unsupported: CONNECT, a tunnel to elsewhere")
    return latin(path if path == "*" else prefix + path)


def checked(name: str, value: str) -> tuple[bytes, bytes]:
    """A header's bytes. Raises Unsendable where it would become more than one."""
    if not _TOKEN.fullmatch(name) or _BREAKS.search(value):
        raise Unsendable(f"unsendable: header {name!r} has a character that no header's name or value has")
    return name.encode("ascii"), latin(value)


def head(request: Request, target: Target, headers: Iterable[tuple[str, str]]) -> bytes:
    """A request line and `headers`, up to the empty line."""
    return b"%b%b\r\n" % (_request_line(request, target), b"".join([_line(name, value) for name, value in headers]))


def _request_line(request: Request, target: Target) -> bytes:
    return b"%b %b HTTP/1.1\r\n" % (request.method.encode(), checked_path(request, target))


@lru_cache(_REMEMBERED)
def _own_lines(headers: tuple[tuple[str, str], ...], authority: str) -> bytes:
    return b"".join([_line(name, value) for name, value in _own(headers, authority)])


@lru_cache(_REMEMBERED)
def _line(name: str, value: str) -> bytes:
    return b"%b: %b\r\n" % checked(name, value)


def latin(text: str) -> bytes:
    """The bytes that Latin-1 text stands for; text that is more than that goes as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return as_bytes(text)


def _in_chunks(body: bytes, trailers: Iterable[tuple[str, str]]) -> bytes:
    """`body` in the chunked coding (RFC 9112, 7.1)."""
    pieces = (body[start : start + _CHUNK_BYTES] for start in range(0, len(body), _CHUNK_BYTES))
    chunks = (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    lines = (b": ".join(checked(name, value)) + b"\r\n" for name, value in trailers)
    return b"".join((*chunks, b"0\r\n", *lines, b"\r\n"))
