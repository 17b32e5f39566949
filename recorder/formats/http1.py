"""HTTP/1.x messages as raw bytes, to and from what an exchange holds. llhttp, through httptools, takes them apart."""

import re
from collections.abc import Callable
from typing import NamedTuple

import httptools

from recorder.exchange import Content, Header, Request, Response, header

# llhttp knows its methods and refuses bytes in targets that clients do send: the line is taken as it stands, and llhttp
# gets a plain one in its place.
_REQUEST_LINE = re.compile(rb"[\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S[^\r\n]*?) (HTTP/1\.\d)\r?\n")
_INTERIM = frozenset(range(100, 200)) - {101}  # responses that are followed by the one that counts


class NotHttp(Exception):
    """The bytes are no message; the text says nothing of them."""


class Parsed(NamedTuple):
    """`whole` is False where the body ends before its length or its last chunk."""

    headers: tuple[Header, ...]
    body: bytes  # without chunk framing
    trailers: tuple[Header, ...]
    whole: bool


class _Sink:
    """What llhttp calls, in the order of the bytes. Keeps the first message that is not an interim response."""

    def __init__(self) -> None:
        self.status_code: Callable[[], int] = lambda: 0
        self.ended = False
        self._clear()

    def _clear(self) -> None:
        self.status = b""
        self.headers: list[Header] = []
        self.trailers: list[Header] = []
        self.body: list[bytes] = []
        self.headers_ended = False
        self._into = self.headers

    def on_status(self, status: bytes) -> None:
        if not self.ended:
            self.status += status

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.ended:
            self._into.append(Header(name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        if not self.ended:
            self.code = self.status_code()
            self.headers_ended = True
            self._into = self.trailers

    def on_body(self, body: bytes) -> None:
        if not self.ended:
            self.body.append(body)

    def on_message_complete(self) -> None:
        if self.code in _INTERIM and not self.ended:
            self._clear()
        else:
            self.ended = True

    def parsed(self) -> Parsed:
        """NotHttp if no message began."""
        if not self.headers_ended:
            raise NotHttp("no HTTP/1 message: its headers do not end")
        return Parsed(tuple(self.headers), b"".join(self.body), tuple(self.trailers), self.ended)


def request_of(raw: bytes) -> Request:
    """The request in `raw`. NotHttp if there is none. A body that is cut off is left out: its size is kept."""
    line = _REQUEST_LINE.match(raw)
    if line is None:
        raise NotHttp("no HTTP/1 message: no request line")
    sink = _Sink()
    parser = httptools.HttpRequestParser(sink)
    _feed(parser, sink, b"POST / %b\r\n%b" % (line[3], raw[line.end() :]))
    parsed = sink.parsed()
    return Request(
        method=line[1].decode("latin-1"),
        url=line[2].decode("latin-1"),
        http_version=line[3].decode("latin-1"),
        headers=parsed.headers,
        post_data=_content(parsed),
        trailers=parsed.trailers,
    )


def response_of(raw: bytes, *, to_head: bool = False) -> Response:
    """The response in `raw`, to a HEAD request perhaps. NotHttp if there is none. Cut bodies as in `request_of`."""
    sink = _Sink()
    parser = httptools.HttpResponseParser(sink)
    sink.status_code = parser.get_status_code
    _feed(parser, sink, raw)
    parsed = sink.parsed()
    return Response(
        status=sink.code,
        status_text=sink.status.decode("latin-1"),
        http_version=f"HTTP/{parser.get_http_version()}",
        headers=parsed.headers,
        content=Content(size=0) if to_head else _content(parsed),
        trailers=parsed.trailers,
    )


def _feed(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, sink: _Sink, raw: bytes) -> None:
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # what follows is another protocol's
    except httptools.HttpParserError as error:
        if sink.ended:
            return  # a message came, and then something else
        raise NotHttp(f"no HTTP/1 message: {type(error).__name__}") from None


def _content(parsed: Parsed) -> Content:
    """Without a length, a body ends with the connection: it is whole as it came."""
    if parsed.whole:
        return Content.of(parsed.body)
    lengths = [one.value for one in parsed.headers if one.name.lower() == "content-length"]
    if lengths and lengths[0].isdigit() and int(lengths[0]) > len(parsed.body):
        return Content(size=int(lengths[0]))
    if any(one.name.lower() == "transfer-encoding" for one in parsed.headers):
        return Content(size=len(parsed.body))
    return Content.of(parsed.body)


def raw_request(request: Request) -> bytes:
    """The request as HTTP/1 bytes: chunked if it says so. Other versions are written as 1.1, with the Content-Length
    that they need not have."""
    start = f"{request.method} {request.url} {_version(request.http_version)}"
    headers = request.headers
    if request.post_data.size and not is_chunked(headers) and header(headers, "content-length") is None:
        headers = (*headers, Header("Content-Length", str(request.post_data.size)))
    return _raw(start, headers, request.post_data, request.trailers)


def raw_response(response: Response) -> bytes:
    """The response as HTTP/1 bytes, as `raw_request`."""
    start = f"{_version(response.http_version)} {response.status} {response.status_text}"
    return _raw(start, response.headers, response.content, response.trailers)


def _raw(start: str, headers: tuple[Header, ...], content: Content, trailers: tuple[Header, ...]) -> bytes:
    lines = [start, *(f"{one.name}: {one.value}" for one in headers), "", ""]
    head = "\r\n".join(lines).encode("latin-1")
    if not is_chunked(headers):
        return head + content.raw
    raw = content.raw
    end = "".join(f"{one.name}: {one.value}\r\n" for one in trailers).encode("latin-1")
    chunk = b"%x\r\n%b\r\n" % (len(raw), raw) if raw else b""
    return head + chunk + b"0\r\n" + end + b"\r\n"


def is_chunked(headers: tuple[Header, ...]) -> bool:
    """Whether the last transfer coding is chunked."""
    codings = [one.value for one in headers if one.name.lower() == "transfer-encoding"]
    return bool(codings) and codings[-1].lower().rstrip().endswith("chunked")


def _version(http_version: str) -> str:
    return http_version if http_version in ("HTTP/1.0", "HTTP/1.1") else "HTTP/1.1"
