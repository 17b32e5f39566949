"""What a generated load test needs of each exchange: a line of JSON, from which the script makes sessions again."""

from collections.abc import Iterable, Iterator

import msgspec

from recorder.exchange import Exchange, Header
from recorder.forgetting import forget_oldest
from recorder.formats.urls import parted

_LIMIT_SESSIONS = 1_000_000  # whose last end is remembered
# What the tool's own client says of itself and its connection, not the recorded client's.
_HOP = frozenset({"host", "content-length", "connection", "keep-alive", "proxy-connection", "te", "trailer",
                  "transfer-encoding", "upgrade", "expect"})  # fmt: skip


class ScriptStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`think_s` is the pause after the session's step before; `body` is base64 where `binary`."""

    session: str
    think_s: float
    method: str
    target: str
    name: str  # the path without its query: what the tool's table shows
    headers: dict[str, str]
    body: str = ""
    binary: bool = False


def steps_of(exchanges: Iterable[Exchange]) -> Iterator[ScriptStep]:
    """A step an exchange, in started order, CONNECT and WebSocket left out. Think times are never below zero."""
    ended_s: dict[str, float] = {}
    for exchange in exchanges:
        request = exchange.request
        if request.method == "CONNECT" or exchange.messages:
            continue
        target = parted(request.url)[1]
        last_s = ended_s.pop(exchange.session, exchange.started_s)
        ended_s[exchange.session] = max(last_s, exchange.ended_s)
        forget_oldest(ended_s, _LIMIT_SESSIONS)
        yield ScriptStep(
            session=exchange.session,
            think_s=round(max(exchange.started_s - last_s, 0.0), 6),
            method=request.method,
            target=target if target.startswith("/") else f"/{target}",
            name=target.partition("?")[0],
            headers=_joined(request.headers),
            body=request.post_data.text,
            binary=request.post_data.encoding == "base64",
        )


def _joined(headers: tuple[Header, ...]) -> dict[str, str]:
    """Tools take a mapping: values of one name are joined as RFC 9110, 5.3 allows; cookies with '; '."""
    joined: dict[str, Header] = {}
    for one in headers:
        name = one.name.lower()
        if name in _HOP or name.startswith(":"):
            continue
        before = joined.get(name)
        mark = "; " if name == "cookie" else ", "
        joined[name] = Header(before.name, f"{before.value}{mark}{one.value}") if before else one
    return {one.name: one.value for one in joined.values()}


def line_of(step: ScriptStep) -> bytes:
    """The step as JSON on one line, safe inside of JavaScript too: older ones end a line at U+2028."""
    line = msgspec.json.encode(step)
    return line.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
