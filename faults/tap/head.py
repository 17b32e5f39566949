"""Heads of HTTP/1.1 messages, read as far as a tap needs them: what is asked, and where the message ends.

A lean scan instead of a parser with a call per header, because it runs for every request on a link. It may be strict:
what it can't read is passed on all the same, unobserved.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from faults.tap.body import Body, Chunked, NotUnderstood, Sized, UntilClose

# What a message's framing, and its trace, is in.
_FIELD = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|upgrade|traceparent):[ \t]*([^\r\n]*)", re.IGNORECASE
)
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_METHOD = re.compile(rb"[A-Z][A-Z-]{2,23}\Z")
_HTTP = re.compile(rb"HTTP/1\.[01]\r\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])[ \r]")
_NO_BODY = (204, 304)


class RequestHead(NamedTuple):
    method: bytes
    target: bytes
    length: int  # of the body; -1: chunked
    persistent: bool  # the connection is meant to outlive it
    tunnel: bool  # it asks for another protocol
    traceparent: bytes | None

    def body(self, seen: Callable[[bytes], None]) -> Body | None:
        """What follows it; None: nothing does."""
        if not self.length:
            return None
        return Chunked(seen) if self.length < 0 else Sized(self.length, seen)


class AnswerHead(NamedTuple):
    status: int
    length: int | None  # of the body; -1: chunked, None: until the connection is closed
    persistent: bool

    @property
    def interim(self) -> bool:
        return self.status < 200

    def body(self) -> Body | None:
        """What follows it; None: nothing does."""
        if self.length is None:
            return UntilClose()
        if not self.length:
            return None
        return Chunked() if self.length < 0 else Sized(self.length)


def read_request(head: bytes) -> RequestHead:
    """`head` up to its empty line. Raises NotUnderstood."""
    words = head.split(b" ", 2)
    if len(words) < 3 or not _METHOD.match(words[0]) or not _HTTP.match(words[2]):
        raise NotUnderstood("not a request line")
    method, target, rest = words
    length: int | None = None
    chunked = upgrade = False
    persistent = rest.startswith(b"HTTP/1.1")
    traceparent = None
    for name, value in _FIELD.findall(rest):
        name = name.lower()
        if name == b"connection":
            persistent = _persistent(value, persistent)
        elif name == b"content-length":
            length = _length(value, length)
        elif name == b"transfer-encoding":
            chunked = _chunked(value)
            if not chunked:
                raise NotUnderstood("a request whose end can't be told")
        elif name == b"upgrade":
            upgrade = True
        else:
            traceparent = value[:64]  # what a trace id is in
    tunnel = upgrade or method == b"CONNECT"
    return RequestHead(method, target, -1 if chunked else length or 0, persistent, tunnel, traceparent)


def read_answer(head: bytes, method: bytes) -> AnswerHead:
    """`head` up to its empty line, of the answer to a `method`. Raises NotUnderstood."""
    line = _STATUS.match(head)
    if line is None:
        raise NotUnderstood("not a status line")
    status = int(line[1])
    length: int | None = None
    chunked: bool | None = None
    persistent = head.startswith(b"HTTP/1.1")
    for name, value in _FIELD.findall(head):
        name = name.lower()
        if name == b"content-length":
            length = _length(value, length)
        elif name == b"connection":
            persistent = _persistent(value, persistent)
        elif name == b"transfer-encoding":
            chunked = _chunked(value)
    if status < 200 or status in _NO_BODY or method == b"HEAD":
        return AnswerHead(status, 0, persistent)
    if chunked is not None:
        length = -1 if chunked else None
    return AnswerHead(status, length, persistent and length is not None)


def trace_id(traceparent: bytes | None) -> str | None:
    """Of a W3C Trace Context header; None if there is none that is valid."""
    found = _TRACEPARENT.match(traceparent) if traceparent else None
    if found is None or not found[1].strip(b"0"):
        return None
    return found[1].decode()


def path_of(target: bytes) -> str:
    """The path of a request's target, whichever form it has, without the query."""
    path = target.partition(b"?")[0].decode("latin-1")
    if "://" not in path or path.startswith("/"):
        return path
    return "/" + path.partition("://")[2].partition("/")[2]


def may_begin_request(data: bytes) -> bool:
    """Whether more bytes could make a request's head of these."""
    line, newline, _ = data.partition(b"\r\n")
    words = line.split(b" ", 2)
    if newline:
        return len(words) == 3 and _METHOD.match(words[0]) is not None and words[2][:7] == b"HTTP/1."
    if len(words) > 1:
        return _METHOD.match(words[0]) is not None
    return len(data) < 24 and not words[0].rstrip(b"\r").strip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-")


def _persistent(connection: bytes, so_far: bool) -> bool:
    options = connection.lower()
    if b"close" in options:
        return False
    return so_far or b"keep-alive" in options


def _length(value: bytes, before: int | None) -> int:
    value = value.strip()
    if not value.isdigit() or len(value) > 18 or before not in (None, int(value)):
        raise NotUnderstood("a length that is none")
    return int(value)


def _chunked(value: bytes) -> bool:
    return value.strip().lower().endswith(b"chunked")
