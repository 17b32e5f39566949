"""Which format a file is of: told from its content, for names say little."""

import re

from foreshock.errors import UsageError
from recorder.formats import accesslog, jsonlog
from recorder.formats.source import Source

_BEGINNING_BYTES = 64 << 10
_LINES = 20  # of a log that are looked at: the first may be a scanner's
_PCAP = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_GOREPLAY = re.compile(rb"[123] [0-9A-Za-z-]+ \d+(?: -?\d+)? ?\r?\n")
_FLOWS = re.compile(rb"\d{1,12}:\d+:[a-z_]+[;,]")
_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_HAR_LATER = re.compile(rb'"log"\s*:\s*\{')


def recognise(source: Source) -> str:
    """The name of its format. UsageError if it is none of those that are read."""
    start = source.begins(_BEGINNING_BYTES)
    if start.startswith(_PCAP):
        return "pcap"
    if not start.strip():
        raise UsageError(f"file={source.path} is empty: there is nothing to import")
    if _GOREPLAY.match(start):
        return "goreplay"
    if _FLOWS.match(start):
        return "mitmproxy"
    if _HAR.match(start):
        return "har"
    lines = start.split(b"\n")[:_LINES]
    if any(accesslog.looks_like(line) for line in lines):
        return "combined"
    if any(jsonlog.looks_like(line) for line in lines):
        return "jsonlog"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _HAR_LATER.search(start):
        return "har"
    raise UsageError(
        f"file={source.path}: its content is of no format that is read: HAR, mitmproxy flows, GoReplay, "
        f"combined or JSON access logs, pcap; it begins with {_shown(start)}. If it is one of them, say which "
        "with --format"
    )


def _shown(start: bytes) -> str:
    """The first bytes in hex: a text's could be a secret."""
    return " ".join(f"{byte:02x}" for byte in start[:8])
