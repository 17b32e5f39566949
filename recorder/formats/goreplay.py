"""GoReplay's files (https://github.com/buger/goreplay/wiki/Capturing-and-replaying-traffic), read and written.

A record is a line 'TYPE ID TIME [DURATION]' (nanoseconds), the HTTP/1 message as it crossed the wire, and a separator.
Type 1 is a request, 2 its response, 3 what a replay's target answered, which is not what production did.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recorder.exchange import Content, Exchange, Request, Response, header
from recorder.formats.http1 import NotHttp, raw_request, raw_response, request_of, response_of
from recorder.formats.reading import NO_RESPONSE, Imported, Notes, Origin, Skipped
from recorder.formats.source import Source, Torn

RECORD_BYTES = 256 << 20  # a longer one is no HTTP message; it would fill the memory
REPLAYED = "a replayed response (type 3) was left out: it is what a replay's target answered, not production"
BODY_CUT = "a body is cut off in the file: its size is all that is kept"

_SEPARATOR = "\n🐵🙈🙉\n".encode()
_HEAD = re.compile(rb"([123]) (\S+) (\d{1,19})(?: (-?\d{1,19}))? ?")
_WAIT_NS = 60 * 10**9  # a request that much older than what comes now has no response in the file
_WAITING = 100_000  # requests
_UNIX_NS = 10**15  # a response's time below that is a round trip (GoReplay before 1.3), else Unix time
_CHUNK_BYTES = 1 << 20


class _Head(NamedTuple):
    kind: int
    id: str
    time_ns: int
    took_ns: int  # 0 where the file does not say


class _Asked(NamedTuple):
    request: Request
    head: _Head
    where: str


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """Exchanges in the order in which they ended; one whose response is not there ends as an error."""
    waiting: dict[str, _Asked] = {}
    for number, (at, raw, ended) in enumerate(_records(source), 1):
        where = f"record {number} (byte {at})"
        line, _, message = raw.partition(b"\n")
        found = _HEAD.fullmatch(line.rstrip(b"\r"))
        if found is None:
            raise Torn(f"{source.path}: {where}: expected a line such as '1 ID TIME'; no GoReplay file, or damaged")
        head = _Head(int(found[1]), found[2].decode("latin-1"), int(found[3]), max(int(found[4] or 0), 0))
        if head.kind == 3:
            notes.count(REPLAYED)
            continue
        try:
            if head.kind == 1:
                request = request_of(message)
                whole = not _is_cut(request.post_data, notes)
                waiting[head.id] = _Asked(request, head, where)
            else:
                asked = waiting.pop(head.id, None)
                response = response_of(message, to_head=asked is not None and asked.request.method == "HEAD")
                whole = not _is_cut(response.content, notes)
                if asked is None:
                    yield Skipped("a response without its request", where)
                else:
                    yield _exchange(asked, response, head, origin)
        except NotHttp as error:
            if not ended:
                raise Torn(f"{source.path}: the file ends inside of {where}") from None
            yield Skipped(str(error), where)
            continue
        if not (ended or whole):
            raise Torn(f"{source.path}: the file ends inside of {where}")
        yield from _unanswered(waiting, head.time_ns, origin, notes)
    for asked in waiting.values():
        notes.count(NO_RESPONSE)
        yield _exchange(asked, None, asked.head, origin)


def _is_cut(content: Content, notes: Notes) -> bool:
    cut = content.size > 0 and not content.text
    if cut:
        notes.count(BODY_CUT)
    return cut


def _unanswered(waiting: dict[str, _Asked], now_ns: int, origin: Origin, notes: Notes) -> Iterator[Imported]:
    """Those that have waited too long; the first in the dictionary came first."""
    while waiting:
        oldest = next(iter(waiting.values()))
        if len(waiting) <= _WAITING and not _UNIX_NS < oldest.head.time_ns < now_ns - _WAIT_NS:
            return
        notes.count(NO_RESPONSE)
        yield _exchange(waiting.pop(oldest.head.id), None, oldest.head, origin)


def _exchange(asked: _Asked, response: Response | None, head: _Head, origin: Origin) -> Imported:
    """`head` is the response's."""
    started_ns = asked.head.time_ns
    request_ended_ns = started_ns + asked.head.took_ns
    first_byte_ns = head.time_ns if head.time_ns > _UNIX_NS else started_ns + head.time_ns
    ended_ns = first_byte_ns + head.took_ns if response else request_ended_ns
    request = asked.request
    return Imported(
        Exchange(
            id=asked.head.id,
            session="",
            connection="",
            started_s=origin.since_s(started_ns / 1e9),
            request_ended_s=origin.since_s(request_ended_ns / 1e9),
            first_byte_s=origin.since_s(max(first_byte_ns, started_ns) / 1e9) if response else None,
            ended_s=origin.since_s(max(ended_ns, started_ns) / 1e9),
            request=request,
            response=response,
            error=None if response else NO_RESPONSE,
        ),
        client=_client(request) or asked.head.id,  # else nothing says whose it is: a session of its own
        origin=f"http://{host}" if (host := header(request.headers, "host")) else "",
    )


def _client(request: Request) -> str:
    address = header(request.headers, "x-real-ip")
    return f"{address} {header(request.headers, 'user-agent') or ''}" if address else ""


def _records(source: Source) -> Iterator[tuple[int, bytes, bool]]:
    """(byte, record, whether its separator follows); the last may lack it."""
    buffer, start, before = b"", 0, 0  # `before`: bytes of the file that stand before the buffer
    searched = 0
    while True:
        end = buffer.find(_SEPARATOR, searched)
        if end >= 0:
            yield before + start, buffer[start:end], True
            start = searched = end + len(_SEPARATOR)
            continue
        if len(buffer) - start > RECORD_BYTES:
            raise Torn(f"{source.path}: the record at byte {before + start} has more than {RECORD_BYTES >> 20} MiB")
        data = source.read(_CHUNK_BYTES)
        buffer, before, start = buffer[start:] + data, before + start, 0
        searched = max(len(buffer) - len(data) - len(_SEPARATOR), 0)
        if not data:
            break
    if buffer.strip():
        yield before, buffer, False


def write(exchanges: Iterable[Exchange], wall_s: float) -> Iterator[bytes]:
    """A GoReplay file, record by record: each request followed by its response. `wall_s` is the Unix time of zero."""
    for number, exchange in enumerate(exchanges, 1):
        name = f"{number:024x}".encode()
        started_ns = _ns(wall_s + exchange.started_s)
        took_ns = _ns(wall_s + exchange.request_ended_s) - started_ns
        yield b"1 %b %d %d\n%b%b" % (name, started_ns, took_ns, raw_request(exchange.request), _SEPARATOR)
        if exchange.response is None:
            continue
        first_byte_ns = _ns(wall_s + (exchange.ended_s if exchange.first_byte_s is None else exchange.first_byte_s))
        took_ns = _ns(wall_s + exchange.ended_s) - first_byte_ns
        yield b"2 %b %d %d\n%b%b" % (name, first_byte_ns, took_ns, raw_response(exchange.response), _SEPARATOR)


def _ns(wall_s: float) -> int:
    """Microseconds are all that a float of Unix time is good for."""
    return round(wall_s * 1e6) * 1000
