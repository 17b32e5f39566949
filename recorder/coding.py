"""Content codings (RFC 9110, 8.4.1): bodies decoded to be looked into, and encoded again."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import zstandard

try:
    import brotli  # type: ignore[import-untyped]  # published without type information
except ImportError:  # it comes with mitmproxy; a reader of recordings works without
    brotli = None

_LIMIT_BYTES = 64 << 20  # a body that unpacks to more is not looked into: it may be made to fill the memory


class CannotDecode(Exception):
    """The body is not what its Content-Encoding says, or nothing here reads that coding."""


class Coding(NamedTuple):
    decode: Callable[[bytes], bytes]
    encode: Callable[[bytes], bytes]


def _inflate(window_bits: int) -> Callable[[bytes], bytes]:
    def decode(body: bytes) -> bytes:
        inflater = zlib.decompressobj(window_bits)
        content = inflater.decompress(body, _LIMIT_BYTES)
        if not inflater.eof or inflater.unused_data:
            raise CannotDecode("cut off, too large, or followed by more")
        return content

    return decode


def _deflate(body: bytes) -> bytes:
    """RFC 9110 means zlib's format; some servers send raw deflate, and every client reads both."""
    try:
        return _inflate(zlib.MAX_WBITS)(body)
    except zlib.error:
        return _inflate(-zlib.MAX_WBITS)(body)


def _unzstd(body: bytes) -> bytes:
    frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body, read_across_frames=True)
    content = frame.read(_LIMIT_BYTES + 1)
    if len(content) > _LIMIT_BYTES:
        raise CannotDecode("too large")
    return content


def _unbrotli(body: bytes) -> bytes:
    content: bytes = brotli.decompress(body)
    if len(content) > _LIMIT_BYTES:
        raise CannotDecode("too large")
    return content


def _codings() -> Mapping[str, Coding]:
    gzip_coding = Coding(_inflate(zlib.MAX_WBITS | 16), lambda content: gzip.compress(content, mtime=0))
    codings = {
        "gzip": gzip_coding,
        "x-gzip": gzip_coding,
        "deflate": Coding(_deflate, zlib.compress),
        "zstd": Coding(_unzstd, zstandard.ZstdCompressor().compress),
        "identity": Coding(bytes, bytes),
    }
    if brotli is not None:
        codings["br"] = Coding(_unbrotli, brotli.compress)
    return codings


_CODINGS = _codings()


@lru_cache(64)
def coding_of(content_encoding: str) -> Coding:
    """The coding that a Content-Encoding names: one, or several in the order they were applied; '' is none.

    Its `decode` raises CannotDecode, as this does for a coding that nothing here reads.
    """
    names = [name.strip().lower() for name in content_encoding.split(",") if name.strip()]
    try:
        applied = [_CODINGS[name] for name in names]
    except KeyError as error:
        raise CannotDecode(f"unknown coding {error}") from None

    def decode(body: bytes) -> bytes:
        try:
            for coding in reversed(applied):
                body = coding.decode(body)
        except _ERRORS as error:
            raise CannotDecode(str(error)) from None
        return body

    def encode(content: bytes) -> bytes:
        for coding in applied:
            content = coding.encode(content)
        return content

    return Coding(decode, encode)


_ERRORS = (zlib.error, zstandard.ZstdError, *(() if brotli is None else (brotli.error,)))
