"""Access logs: combined, common and vhost_combined of Apache and nginx, with a request time where they have one.

A log has no bodies and few headers. Its line is one exchange; lines that are none (what scanners send) are counted.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.formats.reading import Imported, Notes, Origin, Skipped
from recorder.formats.source import Source, Torn

LINE_BYTES = 1 << 20
NO_BODIES = "the log has no bodies and no headers but User-Agent, Referer and Host: they are absent, not empty"
NO_DURATION = "the log does not say how long the request took: it started and ended at once"
MICROSECONDS = (
    "a whole number at the line's end was taken as Apache's %D: microseconds, and the time as the request's start"
)

_LINE = re.compile(
    rb"""
    (?:(?P<vhost>[^\s":]+:\d+)\ )?
    (?P<address>\S+)\ \S+\ [^"\[]*\[(?P<time>[^\]]{20,40})\]\ "(?P<request>(?:[^"\\]|\\.)*)"
    \ (?P<status>\d{3})\ (?P<bytes>\d+|-)
    (?:\ "(?P<referer>(?:[^"\\]|\\.)*)"\ "(?P<agent>(?:[^"\\]|\\.)*)")?
    (?:\ .*?(?<=\ )(?P<took>\d+(?:\.\d+)?))?
    (?:\ .*)?
    """,
    re.VERBOSE | re.DOTALL,
)
_REQUEST = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*?)(?: (HTTP/\d(?:\.\d)?))?")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v"}


def looks_like(line: bytes) -> bool:
    """Whether a line is one of such a log."""
    return _LINE.fullmatch(line.rstrip(b"\r\n")) is not None


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """A line is an exchange, in the order of the log."""
    for number, line in lines(source):
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            yield Skipped("no line of an access log", f"line {number}")
            continue
        request = _REQUEST.fullmatch(_unescaped(found["request"]))
        if request is None:
            yield Skipped("no HTTP request in the log's line", f"line {number}")
            continue
        try:
            stamp_s = _wall_s(found["time"])
        except ValueError:
            yield Skipped("a time that is none in the log's line", f"line {number}")
            continue
        yield _imported(found, request, stamp_s, origin, notes)


def lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line without its end). Torn at a line that is none: no log has them so long."""
    number = 0
    while line := source.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise Torn(f"{source.path}: line {number} has more than {LINE_BYTES >> 20} MiB")
        yield number, line.rstrip(b"\r\n")


def _imported(found: re.Match[bytes], request: re.Match[str], stamp_s: float, origin: Origin, notes: Notes) -> Imported:
    started_s, ended_s = _times(stamp_s, found["took"], notes)
    vhost = found["vhost"].decode("latin-1") if found["vhost"] else ""
    address = found["address"].decode("latin-1")
    agent = _unescaped(found["agent"] or b"-")
    notes.count(NO_BODIES)
    return Imported(
        exchange_of(
            method=request[1],
            target=request[2],
            http_version=request[3] or "HTTP/0.9",
            headers={"Host": vhost, "Referer": _unescaped(found["referer"] or b"-"), "User-Agent": agent},
            status=int(found["status"]),
            response_bytes=int(found["bytes"]) if found["bytes"] != b"-" else 0,
            started_s=origin.since_s(started_s),
            ended_s=origin.since_s(ended_s),
        ),
        address=address,
        client=f"{address} {agent}",
        origin=f"{'https' if vhost.endswith(':443') else 'http'}://{vhost.lower()}" if vhost else "",
    )


def exchange_of(
    *,
    method: str,
    target: str,
    http_version: str,
    headers: dict[str, str],
    status: int,
    response_bytes: int,
    started_s: float,
    ended_s: float,
) -> Exchange:
    """What a log's line says of an exchange. Headers without a value, or with '-', are not there."""
    return Exchange(
        id="",
        session="",
        connection="",
        started_s=started_s,
        request_ended_s=started_s,
        first_byte_s=None,
        ended_s=ended_s,
        request=Request(
            method=method,
            url=target,
            http_version=http_version,
            headers=tuple(Header(name, value) for name, value in headers.items() if value not in ("", "-")),
            post_data=Content(size=0),
        ),
        response=Response(
            status=status,
            status_text="",
            http_version=http_version,
            headers=(),
            content=Content(size=response_bytes),
        ),
    )


def _times(stamp_s: float, took: bytes | None, notes: Notes) -> tuple[float, float]:
    """(started, ended): nginx stamps a request's end and tells seconds; Apache its start, and with %D microseconds."""
    if took is None:
        notes.count(NO_DURATION)
        return stamp_s, stamp_s
    if b"." in took:
        return stamp_s - float(took), stamp_s
    notes.count(MICROSECONDS)
    return stamp_s, stamp_s + int(took) / 1e6


@lru_cache(64)  # lines of one second have one stamp
def _wall_s(stamp: bytes) -> float:
    """Unix time of '10/Oct/2000:13:55:36 -0700' or of ISO 8601. ValueError."""
    text = stamp.decode("ascii")
    if text[4:5] == "-":
        return datetime.fromisoformat(text).astimezone().timestamp()
    return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()


def _unescaped(raw: bytes) -> str:
    """nginx writes what is no printable ASCII as \\xHH, Apache a quote as \\"."""
    text = raw.decode("latin-1")
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda one: chr(int(one[1][1:], 16)) if len(one[1]) == 3 else _ESCAPED.get(one[1], one[1]), text)
