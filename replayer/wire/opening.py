"""A WebSocket's opening handshake as bytes (RFC 6455, 4.1), and what makes an answer to it a good one."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from wsproto.extensions import Extension, PerMessageDeflate

from replayer.plan import Message, Request, Step
from replayer.target import Target
from replayer.wire.http1text import Unsendable, head, own_headers
from replayer.wire.reply import Reply

_ACCEPTS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_DEFLATE = "permessage-deflate"
_OURS = frozenset({"connection", "sec-websocket-accept", "sec-websocket-key", "sec-websocket-version"})


class Opening(NamedTuple):
    """`accept` is what the server has to answer; `deflates` says that compression was offered, as the client did."""

    head: bytes
    accept: str
    deflates: bool
    messages: tuple[Message, ...]
    lasts_s: float

    @property
    def said_bytes(self) -> int:
        """Of all that the client says."""
        return sum(len(message.body.raw) for message in self.messages if message.from_client and message.body)


class BadOpening(ValueError):
    """The server's 101 is none; the message says why."""


def opening(step: Step, request: Request, target: Target) -> Opening:
    """What opens the WebSocket of `step`, and what is said on it. Raises Unsendable."""
    if request.method != "GET":
        raise Unsendable(f"unsupported: a WebSocket that is opened by {request.method}")
    if any(not message.binary and message.body and message.body.base64 is not None for message in step.messages):
        raise Unsendable("unsendable: a text message of its WebSocket is not UTF-8")
    key = base64.b64encode(hashlib.sha256(step.id.encode()).digest()[:16])  # of the plan, as everything in it
    offered, deflates = [], False
    for name, value in own_headers(request, target):
        if name.lower() == "sec-websocket-extensions":
            if _DEFLATE in value and not deflates:
                deflates = True
                offered.append((name, _DEFLATE))
        elif name.lower() not in _OURS:
            offered.append((name, value))
    ours = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key.decode()),
    ]
    accept = base64.b64encode(hashlib.sha1(key + _ACCEPTS, usedforsecurity=False).digest()).decode()
    return Opening(head(request, target, [*offered, *ours]), accept, deflates, step.messages, step.lasts_s)


def extensions(asked: Opening, reply: Reply) -> list[Extension]:
    """What both sides have agreed on by a 101. Raises BadOpening."""
    said = {name.lower(): value.strip() for name, value in reply.headers}
    if said.get("upgrade", "").lower() != "websocket" or said.get("sec-websocket-accept") != asked.accept:
        raise BadOpening("its 101 does not accept the WebSocket that was asked for")
    chosen = said.get("sec-websocket-extensions", "")
    if not chosen:
        return []
    if not asked.deflates or chosen.partition(";")[0].strip() != _DEFLATE:
        raise BadOpening("it uses an extension that was not offered")
    deflate = PerMessageDeflate()
    try:
        deflate.finalize(chosen)
    except (ValueError, IndexError):
        raise BadOpening("it gives parameters of compression that cannot be") from None
    return [deflate]
