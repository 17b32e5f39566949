"""What one request goes out on, as the engine sees it: the same for HTTP/1.1, a stream of HTTP/2 and a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Protocol

from replayer import plan
from replayer.wire.payload import Payload
from replayer.wire.reply import Reply


class Channel(Protocol):
    """One request at a time: `begin`, then `write` (or `hold` and `release`), and the reply is done in any case.

    Nothing here waits or raises for what the network does: it ends the reply, whose `error` says how.
    """

    @property
    def protocol(self) -> plan.Protocol: ...

    def begin(self, method: str, keep_bytes: int) -> asyncio.Future[Reply]:
        """The reply to come to the request written next: `keep_bytes` of its body are kept, the rest is counted."""

    def write(self, payload: Payload) -> None:
        """Sends all of it, as far as the other side lets us. On a closed connection the reply says so."""

    def hold(self, payload: Payload) -> None:
        """Sends all of it but what ends it: its last byte, or an HTTP/2 stream's end."""

    def release(self) -> None:
        """Sends what `hold` held back."""

    def fail(self, error: str) -> None:
        """Ends the reply that is waited for with `error`; no other request is harmed. Nothing, where none is."""

    def abort(self) -> None:
        """Ends the connection underneath."""
