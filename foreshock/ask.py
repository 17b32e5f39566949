"""One HTTP request of our own (a probe, a reset, a readiness question, a scrape), apart from the replayed traffic.

A connection of its own, HTTP/1.1, no redirects followed, no retries: a retry would hide what is to be seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

import httptools
import msgspec

_READ_BYTES = 1 << 16


class Unanswered(Exception):
    """No whole answer came. The message says why: 'refused', 'timeout after 2.0 s', 'cut', 'more than 9 bytes'."""


class Answered(msgspec.Struct, frozen=True):
    """A whole answer. Header names are in lower case; of a repeated header the values are joined by ', '."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def ask(
    method: str,
    url: str,
    *,
    timeout_s: float,
    max_bytes: int = 1 << 20,
    accept: str = "*/*",
    tls: ssl.SSLContext | None = None,
) -> Answered:
    """What `url` answered, within `timeout_s` all in all. Raises Unanswered.

    Over https its certificate is verified as `tls` says, or against what this machine trusts.
    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(method, parts, accept, max_bytes, tls)
    except TimeoutError as error:
        raise Unanswered(f"timeout after {timeout_s:.1f} s") from error
    except ConnectionRefusedError as error:
        raise Unanswered("refused") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Unanswered(f"{error.strerror or error}" if isinstance(error, OSError) else "cut") from error
    except httptools.HttpParserError as error:
        raise Unanswered(f"not HTTP: {error}") from error


async def accepts(host: str, port: int, *, timeout_s: float) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    await _close(writer)
    return True


async def _exchange(
    method: str, parts: SplitResult, accept: str, max_bytes: int, tls: ssl.SSLContext | None
) -> Answered:
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = (tls or ssl.create_default_context()) if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        writer.write(_request(method, parts, accept))
        return await _answer(reader, max_bytes)
    finally:
        await _close(writer)


def _request(method: str, parts: SplitResult, accept: str) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    length = "" if method == "GET" else "Content-Length: 0\r\n"
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n{length}Connection: close\r\n\r\n".encode()
    )


async def _answer(reader: asyncio.StreamReader, max_bytes: int) -> Answered:
    answer = _Parsed()
    while not answer.whole:
        data = await reader.read(_READ_BYTES)
        if not data:
            if not answer.ends_with_connection:
                raise Unanswered("cut")
            break
        answer.parser.feed_data(data)
        if answer.size > max_bytes:
            raise Unanswered(f"more than {max_bytes} bytes")
    return Answered(answer.parser.get_status_code(), answer.headers, b"".join(answer.chunks))


class _Parsed:
    """httptools' callbacks, gathered."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        self.size = 0
        self.whole = False
        self._headers_ended = False

    @property
    def ends_with_connection(self) -> bool:
        """RFC 9112, 6.3: without a length and without chunks, the end of the connection is the end of the body."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        return self._headers_ended and not framed

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self._headers_ended = True

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        self.whole = True


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()  # close() may wait half a minute for the peer's part of a TLS goodbye
    with contextlib.suppress(OSError):  # it was reset: closed all the same
        await writer.wait_closed()
