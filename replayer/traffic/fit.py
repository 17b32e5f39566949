"""Which exchanges can be sent again at all: what a recorder did not keep cannot be made up."""

from __future__ import annotations

from recorder.exchange import Exchange, header
from replayer.plan import Protocol
from replayer.traffic.template import raw_of, said_length, switched


def unfit(exchange: Exchange, protocol: Protocol) -> str:
    """Why an exchange cannot be sent again over `protocol`; '' where it can."""
    is_socket = protocol == "websocket"
    if (switched(exchange) and not is_socket) or (is_socket and exchange.request.method != "GET"):
        return "upgrade: its connection went on with another protocol than a WebSocket over HTTP/1.1"
    if not is_socket and _is_left_open(exchange):
        return "stream: its client may have left it, which a replay would wait for"
    content = exchange.request.post_data
    raw = raw_of(content) if content.size else b""
    if raw is None:
        return "body damaged: the recorded request body does not read"
    if len(raw) < content.size:
        return "body not kept: it was beyond the recorder's --body-cap, or withheld"
    if exchange.response is None and (said := said_length(exchange.request.headers)) is not None and len(raw) < said:
        return "body not sent: its client broke off within the request"
    return ""


def _is_left_open(exchange: Exchange) -> bool:
    """Whether the answer was a stream of events whose end was its connection's, so perhaps its client's doing."""
    if exchange.response is None or not (exchange.goes_on or exchange.closes):
        return False
    return "text/event-stream" in (header(exchange.response.headers, "content-type") or "").lower()


def unlike_its_headers(exchange: Exchange) -> bool:
    """Whether the body of a request is not as long as its headers say."""
    said = said_length(exchange.request.headers)
    return said is not None and said != exchange.request.post_data.size
