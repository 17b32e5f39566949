"""Why an exchange has no response, in a closed vocabulary: what a proxy says of it in many words, said in one way.

'client aborted', 'upstream refused', 'upstream reset', 'upstream closed', 'timeout', 'tls: ...', 'protocol: ...'.
What follows a colon is the proxy's own phrase, cut before it quotes bytes of the traffic: those may be secrets.
"""

import re
from typing import Literal

Side = Literal["client", "upstream"]

CLIENT_ABORTED = "client aborted"

_TIMED_OUT_ERRNOS = frozenset({110, 60, 10060})  # Linux, macOS and BSD, Windows
_REFUSED_ERRNOS = frozenset({111, 61, 10061})
_ERRNO = re.compile(r"\[Errno (-?\d+)\] ([^(\[,]*)")
_TLS = re.compile(r"\bTLS\b|\bSSL\b|certificate|handshake", re.IGNORECASE)
_STREAM_RESET = re.compile(r"stream reset by (?:client|server) \((\w+)\)", re.IGNORECASE)
_CLOSED = re.compile(
    r"disconnected|clos(?:ed|ing) connection|connection (?:was )?closed|unexpectedly closed"
    r"|incomplete (?:message|chunked)|without sending complete|unexpected server response"
    r"|connection cancelled|\bEOF\b|^killed",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""[\s:(]*(?:bytearray\()?b?(?:\\?['"`]).*|\s*<.*|\s*\n.*""", re.DOTALL)
_DETAIL_CHARS = 120


def error_of(
    message: str, *, by: Side | None, request_ended: bool, reset: bool = False, timed_out: bool = False
) -> str:
    """`by` says who ended the exchange, None that the proxy does not tell: before the request's end it was the client.

    `reset` says that the upstream connection broke instead of closing, `timed_out` that the proxy gave up waiting.
    """
    if timed_out:
        return "timeout"
    if refused := _ERRNO.search(message):
        return _unreached(int(refused[1]), refused[2])
    if _TLS.search(message):
        return f"tls: {_detail(message)}"
    side = by or ("upstream" if request_ended and "client" not in message.lower() else "client")
    if stream := _STREAM_RESET.search(message):
        return CLIENT_ABORTED if side == "client" else f"upstream reset: {stream[1]}"
    if not _CLOSED.search(message):
        return f"protocol: {_detail(message)}"
    if side == "client":
        return CLIENT_ABORTED
    return "upstream reset" if reset else "upstream closed"


def _unreached(errno: int, reason: str) -> str:
    if errno in _TIMED_OUT_ERRNOS:
        return "timeout"
    return "upstream refused" if errno in _REFUSED_ERRNOS else f"upstream refused: {reason.strip().lower()}"


def _detail(message: str) -> str:
    """The phrase up to where it quotes."""
    return (_QUOTED.sub("", message)[:_DETAIL_CHARS].strip(" :.(") or "unsaid").lower()
