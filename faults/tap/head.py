"""Heads of HTTP/1.1 messages, read as far as a tap needs them: what is asked, and where the message ends.

A lean scan instead of a parser with a call per header, because it runs for every request on a link. It may be strict:
what it can't read is passed on all the same, unobserved.
"""

import re
from collections.abc import Callable

import msgspec

from faults.tap.body import Body, Chunked, NotUnderstood, Sized, UntilClose

_REQUEST = re.compile(rb"([A-Z][A-Z-]{2,23}) ([^ \r\n]+) HTTP/1\.([01])\r\n")
_ANSWER = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])[ \r]")
_METHOD = re.compile(rb"[A-Z][A-Z-]{2,23}\Z")
# What the framing of a message, and the trace of a request, is in.
_FIELD = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|upgrade|traceparent):[ \t]*([^\r\n]*)", re.IGNORECASE
)
# For those that are what most are: they are told from the others at half the cost.
_PLAIN_REQUEST = re.compile(rb"(?!CONNECT )[A-Z][A-Z-]{2,23} [^ \r\n]+ HTTP/1\.[01]\r\n")
_NOT_PLAIN = re.compile(rb"\r\n(?:content-length|transfer-encoding|upgrade):", re.IGNORECASE)
_FINAL_ANSWER = re.compile(rb"HTTP/1\.[01] ([2-9][0-9][0-9])[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_LONGEST_TRACEPARENT = 64  # bytes that are kept: what a trace id is in
_NO_BODY = (204, 304)
CHUNKED = -1


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    method: bytes
    target: bytes
    length: int  # of the body, or CHUNKED
    persistent: bool  # the connection is meant to outlive it
    tunnel: bool  # it asks for another protocol
    traceparent: bytes | None

    def body(self, seen: Callable[[bytes], None]) -> Body:
        """What follows it, if `length` is not 0."""
        return Chunked(seen) if self.length == CHUNKED else Sized(self.length, seen)


class AnswerHead(msgspec.Struct, frozen=True, gc=False):
    status: int
    length: int | None  # of the body, or CHUNKED; None: until the connection is closed
    persistent: bool

    def body(self) -> Body:
        """What follows it, if `length` is not 0."""
        if self.length is None:
            return UntilClose()
        return Chunked() if self.length == CHUNKED else Sized(self.length)


def is_plain_request(data: bytes) -> bool:
    """Whether this is a request's head, whole, without a body or another protocol to follow, and nothing more."""
    return (
        data.find(_END) == len(data) - len(_END)
        and _PLAIN_REQUEST.match(data) is not None
        and _NOT_PLAIN.search(data) is None
    )


def status_of_whole(data: bytes) -> int | None:
    """The status, if this is one answer that is final, says its length, and is whole, and nothing more."""
    line = _FINAL_ANSWER.match(data)
    end = data.find(_END) + len(_END)
    length = _LENGTH.search(data, 0, end) if line is not None and end >= len(_END) else None
    if line is None or length is None or end + int(length[1]) != len(data):
        return None
    return int(line[1])


def read_request(data: bytes, end: int) -> RequestHead:
    """Of a request's head that is `data` up to `end`. Raises NotUnderstood."""
    line = _REQUEST.match(data)
    if line is None:
        raise NotUnderstood("not a request line")
    method, target, minor = line.groups()
    length: int | None = None
    upgrade = False
    persistent = minor == b"1"
    traceparent = None
    for name, value in _FIELD.findall(data, line.end() - 2, end):
        name = name.lower()
        if name == b"connection":
            persistent = _persistent(value, persistent)
        elif name == b"content-length":
            length = _length(value, length)
        elif name == b"transfer-encoding":
            length = _coded(value)
        elif name == b"upgrade":
            upgrade = True
        else:
            traceparent = value[:_LONGEST_TRACEPARENT]
    return RequestHead(method, target, length or 0, persistent, upgrade or method == b"CONNECT", traceparent)


def read_answer(data: bytes, end: int, method: bytes) -> AnswerHead:
    """Of the head of an answer to a `method` that is `data` up to `end`. Raises NotUnderstood."""
    line = _ANSWER.match(data)
    if line is None:
        raise NotUnderstood("not a status line")
    status = int(line[2])
    length: int | None = None
    persistent = line[1] == b"1"
    for name, value in _FIELD.findall(data, 0, end):
        name = name.lower()
        if name == b"content-length":
            length = _length(value, length)
        elif name == b"connection":
            persistent = _persistent(value, persistent)
        elif name == b"transfer-encoding":
            length = _coded(value)
    if status < 200 or status in _NO_BODY or method == b"HEAD":
        length = 0
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
    """Of a Content-Length; a Transfer-Encoding that came before it counts more (RFC 9112, 6.3)."""
    value = value.strip()
    if not value.isdigit() or len(value) > 18:
        raise NotUnderstood("a length that is none")
    length = int(value)
    if before is None or before == length:
        return length
    if before == CHUNKED:
        return CHUNKED
    raise NotUnderstood("two lengths")


def _coded(value: bytes) -> int:
    if not value.strip().lower().endswith(b"chunked"):
        raise NotUnderstood("a coding whose end can't be told")
    return CHUNKED
