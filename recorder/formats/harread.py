"""HAR 1.2, read entry by entry: what browsers, k6, Charles and mitmproxy save.

HAR holds bodies decoded. They are encoded again as their Content-Encoding says, so that a message is what its headers
say it is; `_wire`, in files of ours, has the very bytes.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Content, Exchange, Header, Message, Request, Response, header
from recorder.formats.harentry import Body, Entry, HarRequest, HarResponse, Ours, Pair, PostData, SocketMessage, Timings
from recorder.formats.harfailure import failure_of
from recorder.formats.jsonstream import JsonStream
from recorder.formats.reading import NO_RESPONSE, Imported, Notes, Origin, Skipped
from recorder.formats.source import Source, Torn
from recorder.formats.urls import authority_of, parted

_BROWSERS = ("webinspector", "webkit", "firefox", "chrom", "safari", "edge", "playwright", "puppeteer", "browser")
_VERSIONS = {"": "HTTP/1.1", "unknown": "HTTP/1.1", "HTTP/2": "HTTP/2.0", "H2": "HTTP/2.0", "HTTP/3": "HTTP/3.0",
             "H3": "HTTP/3.0", "QUIC": "HTTP/3.0", "H2C": "HTTP/2.0"}  # fmt: skip
_INTERNAL = re.compile(r"(?:data|blob|file|about|chrome|edge|devtools|resource|[a-z-]+-extension):", re.IGNORECASE)

NO_REQUEST_BODY = "a request body is not in the file: its size is all that is known"
NO_RESPONSE_BODY = "a response body is not in the file: its size is all that is known"
ENCODED_AGAIN = "a body was encoded again as its Content-Encoding says: HAR holds it decoded"
REPLACED = "a header's text is beyond Latin-1: its UTF-8 bytes were taken"


def read(source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
    """The entries in the file's order."""
    if source.begins(3) == b"\xef\xbb\xbf":  # some write a byte order mark before it
        source.read(3)
    stream = JsonStream(source, str(source.path))
    entries = _Entries(origin, notes)
    found = False
    for name in stream.members():
        if name != "log":
            stream.value()
            continue
        for part in stream.members():
            if part == "entries":
                found = True
                yield from entries.of(stream)
            elif part in ("creator", "browser"):
                entries.made_by(stream.value())
            else:
                stream.value()
    if stream.next_char():
        raise Torn(f"{source.path}: something follows the HAR at byte {stream.offset}")
    if not found:
        raise Torn(f"{source.path}: no HAR: it has no log.entries")


class _Entries:
    def __init__(self, origin: Origin, notes: Notes) -> None:
        self._origin = origin
        self._notes = notes
        self._client = ""  # of a browser's file all entries are one client's, over whichever connections
        self._decoder = msgspec.json.Decoder(Entry, strict=False)

    def made_by(self, creator: bytes) -> None:
        if any(name in creator.lower().decode("utf-8", "replace") for name in _BROWSERS):
            self._client = "the browser"

    def of(self, stream: JsonStream) -> Iterator[Imported | Skipped]:
        stream.next_char()
        for number in stream.items():
            stream.next_char()
            where = f"entry {number} (byte {stream.offset})"
            raw = stream.value()
            try:
                yield self._imported(self._decoder.decode(raw))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield Skipped(f"no HAR entry: {_why(error)}", where)
            except _Refused as error:
                yield Skipped(f"no HAR entry: {error}", where)

    def _imported(self, entry: Entry) -> Imported:
        ours = entry.ours or None
        if _INTERNAL.match(entry.request.url):
            raise _Refused("it never left the browser (data:, blob:, an extension's)")
        origin, target = parted(entry.request.url)
        headers = self._headers(entry.request.headers)
        if ours is None:
            headers = _with_host(headers, origin, entry.request.headers)
        request = Request(
            method=entry.request.method,
            url=ours.target if ours else target,
            http_version=_version(entry.request.http_version),
            headers=headers,
            post_data=self._posted(entry.request, headers, ours),
            trailers=_plain(ours.request_trailers) if ours else (),
        )
        started_s, request_ended_s, first_byte_s, ended_s = self._times(entry, ours)
        response = self._response(entry.response, ours)
        return Imported(
            Exchange(
                id=ours.id if ours else "",
                session=ours.session if ours else "",
                connection=entry.connection or "",
                nth=ours.nth if ours else 0,
                closes=bool(ours and ours.closes),
                recorder=ours.recorder if ours else "",
                started_s=started_s,
                request_ended_s=request_ended_s,
                first_byte_s=first_byte_s if (ours.first_byte_ms is not None if ours else response) else None,
                ended_s=ended_s,
                request=request,
                response=response,
                error=None if response else _error(entry.response, ours),
                messages=self._messages(entry.messages or ()),
                messages_left_out=ours.messages_left_out if ours else 0,
                goes_on=bool(ours and ours.goes_on),
            ),
            client="" if ours else self._client,
            origin=origin,
        )

    def _times(self, entry: Entry, ours: Ours | None) -> tuple[float, float, float, float]:
        """(started, request ended, first byte, ended): what came before the first byte of the request is left out."""
        timings = entry.timings or Timings()
        stamp = entry.started_date_time
        wall_s = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
        before_ms = _ms(timings.blocked) + _ms(timings.dns) + _ms(timings.connect)
        started_s = wall_s + before_ms / 1000
        request_ended_s = started_s + _ms(timings.send) / 1000
        first_byte_s = request_ended_s + _ms(timings.wait) / 1000
        ended_s = wall_s + _ms(entry.time) / 1000
        if ours is None:
            ended_s = max(ended_s, first_byte_s + _ms(timings.receive) / 1000)
        elif ours.first_byte_ms is not None:
            first_byte_s = wall_s + ours.first_byte_ms / 1000
        since_s = self._origin.since_s
        return since_s(started_s), since_s(request_ended_s), since_s(first_byte_s), since_s(ended_s)

    def _headers(self, pairs: tuple[Pair, ...]) -> tuple[Header, ...]:
        """HTTP/2's pseudo headers are left out: method, target and Host say the same."""
        return tuple(
            [
                Header(pair.name, value)
                if (value := pair.value or "").isascii() and pair.name.isascii()
                else Header(self._latin(pair.name), self._latin(value))
                for pair in pairs
                if pair.name[:1] != ":"
            ]
        )

    def _latin(self, text: str) -> str:
        if text.isascii():
            return text
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            self._notes.count(REPLACED)
            return text.encode("utf-8", "replace").decode("latin-1")
        return text

    def _posted(self, request: HarRequest, headers: tuple[Header, ...], ours: Ours | None) -> Content:
        posted = request.post_data or PostData()
        if ours and ours.request_size is not None:
            return Content(size=ours.request_size, digest=ours.request_digest)
        if posted.own_wire is not None:
            return Content.of(_unbase64(posted.own_wire))
        if posted.text is None and posted.params and "urlencoded" in (posted.mime_type or ""):
            return Content.of(urlencode([(pair.name, pair.value or "") for pair in posted.params]).encode())
        if posted.text:
            return self._content(posted.text, posted.encoding or posted.own_encoding, headers)
        size = int(max(request.body_size or 0, 0))
        if size or posted.params:
            self._notes.count(NO_REQUEST_BODY)
        return Content(size=size)

    def _response(self, response: HarResponse | None, ours: Ours | None) -> Response | None:
        """None where the status is 0: nothing came."""
        if response is None or not response.status:
            return None
        headers = self._headers(response.headers)
        content = self._answered(response, headers, ours)
        if content.size and ours is None:
            headers = _with_length(headers, content.size) if content.text else headers
        return Response(
            status=response.status,
            status_text=self._latin(response.status_text or ""),
            http_version=_version(response.http_version),
            headers=headers,
            content=content,
            trailers=_plain(ours.response_trailers) if ours else (),
        )

    def _answered(self, response: HarResponse, headers: tuple[Header, ...], ours: Ours | None) -> Content:
        body = response.content or Body()
        if ours and ours.response_size is not None:
            return Content(size=ours.response_size, digest=ours.response_digest)
        if body.own_wire is not None:
            return Content.of(_unbase64(body.own_wire))
        if body.text:
            return self._content(body.text, body.encoding, headers)
        size = int(max(body.size or 0, response.body_size or 0, 0))
        if size:
            self._notes.count(NO_RESPONSE_BODY)
        return Content(size=size)

    def _content(self, text: str, encoding: str | None, headers: tuple[Header, ...]) -> Content:
        raw = _unbase64(text) if encoding == "base64" else text.encode("utf-8")
        named = header(headers, "content-encoding")
        if not named or named.lower() == "identity":
            return Content.of(raw)
        try:
            coding = coding_of(named)
        except CannotDecode:  # redaction withholds it then, and says so
            return Content.of(raw)
        self._notes.count(ENCODED_AGAIN)
        return Content.of(coding.encode(raw))

    def _messages(self, messages: tuple[SocketMessage, ...]) -> tuple[Message, ...]:
        return tuple(self._message(one) for one in messages)

    def _message(self, one: SocketMessage) -> Message:
        if one.size is not UNSET:
            content = Content(size=one.size, digest=one.digest or None)
        else:
            content = Content.of(_unbase64(one.data) if one.opcode == 2 else one.data.encode("utf-8"))
        at_s = self._origin.since_s(one.time)
        return Message(at_s=at_s, from_client=one.type == "send", binary=one.opcode == 2, content=content)


class _Refused(Exception):
    """An entry's field that says what cannot be; the message holds nothing of the traffic."""


def _why(error: Exception) -> str:
    return "invalid UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)  # some break its lines
    except (binascii.Error, ValueError):
        raise _Refused("a body that should be base64 is not") from None


def _error(response: HarResponse | None, ours: Ours | None) -> str:
    said = (response.error or response.status_text or "") if response else ""
    if response is None:
        return NO_RESPONSE
    return said if ours and said else failure_of(said)


def _ms(timing: float | None) -> float:
    return timing if timing is not None and timing > 0 else 0.0


def _version(named: str | None) -> str:
    upper = (named or "").upper()
    return _VERSIONS.get(upper, upper)


def _plain(pairs: tuple[Pair, ...]) -> tuple[Header, ...]:
    return tuple(Header(pair.name, pair.value or "") for pair in pairs)


def _with_host(headers: tuple[Header, ...], origin: str, pairs: tuple[Pair, ...]) -> tuple[Header, ...]:
    """HTTP/2 has :authority for Host, and some leave both to the URL."""
    if any(one.name.lower() == "host" for one in headers):
        return headers
    authority = next((pair.value for pair in pairs if pair.name == ":authority" and pair.value), authority_of(origin))
    return (Header("Host", authority), *headers) if authority else headers


def _with_length(headers: tuple[Header, ...], size: int) -> tuple[Header, ...]:
    return tuple(Header(one.name, str(size)) if one.name.lower() == "content-length" else one for one in headers)
