"""A recording as curl lines for bash: one exchange a line, to copy singly or to run as a script, in started order.

Nothing is sent anywhere but to $TARGET, which the reader sets: the recorded system is never in a line.
"""

import base64
from collections.abc import Iterable, Iterator

from recorder.exchange import Content, Exchange, Header, Request
from recorder.formats.urls import parted

_ARGUMENT_BYTES = 100_000  # Linux takes 128 KiB as one argument
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_?&")
_ESCAPES = {0x27: b"\\'", 0x5C: b"\\\\", 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t"}
_CURLS_OWN = ("Accept", "User-Agent")  # what curl would add to a request that has none
_NOT_SENT = frozenset({"host", "content-length", "expect"})  # the target's, curl's and curl's
_VERSIONS = {"HTTP/1.0": "--http1.0", "HTTP/1.1": "--http1.1", "HTTP/2.0": "--http2", "HTTP/3.0": "--http3"}


def write(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """A bash script, line by line. Every line also works alone where TARGET is set."""
    yield b"# Foreshock: bash. Set the system that is to be asked first: export TARGET=http://127.0.0.1:8000\n"
    yield b': "${TARGET:?set it to the system that is to be asked, such as http://127.0.0.1:8000}"\n'
    for exchange in exchanges:
        if exchange.request.method != "CONNECT":
            yield line_of(exchange.request) + b"\n"


def line_of(request: Request) -> bytes:
    """`curl ...`, with the body before it in a pipe where it cannot be an argument."""
    words = [b"curl", b"-sS", b"-g", b"--path-as-is", *_version(request), *_method(request)]
    for one in _headers(request):
        words += [b"-H", quoted(one)]
    body, data = _body(request.post_data)
    return body + b" ".join([*words, *data, b'"$TARGET"' + _target(request)])


def quoted(raw: bytes) -> bytes:
    """One bash word that is these bytes, which hold no NUL."""
    if raw and all(byte in _PLAIN for byte in raw):
        return raw
    if all(0x20 <= byte < 0x7F and byte != 0x27 for byte in raw):
        return b"'" + raw + b"'"
    return b"$'" + b"".join(_escaped(byte) for byte in raw) + b"'"


def _escaped(byte: int) -> bytes:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte  # octal ends after three digits, hex would not


def _version(request: Request) -> list[bytes]:
    option = _VERSIONS.get(request.http_version)
    return [option.encode()] if option else []


def _method(request: Request) -> list[bytes]:
    """-X HEAD would wait for a body."""
    if request.method == "HEAD" and not request.post_data.size:
        return [b"--head"]
    return [b"-X", quoted(request.method.encode("latin-1"))]


def _target(request: Request) -> bytes:
    """The path and query; another form of target ('*') by curl's option for it."""
    target = parted(request.url)[1]
    if target.startswith("/"):
        return quoted(target.encode("latin-1"))
    return b"/ --request-target " + quoted(target.encode("latin-1"))


def _headers(request: Request) -> Iterator[bytes]:
    """curl's -H: an empty value is written 'Name;', and 'Name:' takes away what curl would add itself."""
    names = {one.name.lower() for one in request.headers}
    for one in request.headers:
        if one.name.lower() not in _NOT_SENT:
            yield _header(one)
    own = (*_CURLS_OWN, "Content-Type", "Expect") if request.post_data.text else _CURLS_OWN
    for name in own:
        if name.lower() not in names or name == "Expect":
            yield f"{name}:".encode()


def _header(one: Header) -> bytes:
    return (f"{one.name}: {one.value}" if one.value else f"{one.name};").encode("latin-1").replace(b"\0", b"")


def _body(content: Content) -> tuple[bytes, list[bytes]]:
    """(what stands before curl in a pipe, curl's words). No argument holds a NUL, and '@' would name a file."""
    raw = content.raw
    if not raw:
        return b"", []
    if b"\0" in raw or raw[:1] == b"@" or len(raw) > _ARGUMENT_BYTES:
        return b"base64 -d <<< " + base64.b64encode(raw) + b" | ", [b"--data-binary", b"@-"]
    return b"", [b"--data-binary", quoted(raw)]
