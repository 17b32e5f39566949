"""Which exchanges can be sent again at all: what a recorder did not keep cannot be made up."""

from __future__ import annotations

from recorder.exchange import Exchange
from replayer.traffic.template import protocol_of, raw_of, said_length, switched, whole_raw_of


def unfit(exchange: Exchange) -> str:
    """Why an exchange cannot be sent again; '' where it can."""
    is_socket = protocol_of(exchange) == "websocket"
    if (switched(exchange) and not is_socket) or (is_socket and exchange.request.method != "GET"):
        return "upgrade: its connection went on with another protocol than a WebSocket over HTTP/1.1"
    content = exchange.request.post_data
    raw = raw_of(content)
    if raw is None:
        return "body damaged: the recorded request body does not read"
    if whole_raw_of(content) is None:
        return "body not kept: it was beyond the recorder's --body-cap, or withheld"
    said = said_length(exchange.request.headers)
    if exchange.response is None and said is not None and len(raw) < said:
        return "body not sent: its client broke off within the request"
    return ""


def unlike_its_headers(exchange: Exchange) -> bool:
    """Whether the body of a request is not as long as its headers say."""
    said = said_length(exchange.request.headers)
    return said is not None and said != exchange.request.post_data.size
