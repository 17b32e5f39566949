"""The way from the proxy to the disk: a bounded queue, and a thread that redacts, names sessions and writes.

The proxy must never wait for us. What does not fit is dropped and counted, as is everything after the disk failed.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from foreshock.clock import Anchor
from recorder.exchange import Exchange
from recorder.manifest import Counts
from recorder.recording import RecordingWriter
from recorder.redact import Redactor
from recorder.session import RULE, Sessions

_QUEUE_EXCHANGES = 20_000
_QUEUE_BYTES = 256 << 20  # of bodies
_TICK_S = 0.5  # twice as often as the segment's second


class _Offer(NamedTuple):
    exchange: Exchange
    address: str
    body_bytes: int


class Intake:
    """Takes exchanges from any thread. `failure` is what the disk said if it failed; `on_failure` is told once."""

    def __init__(
        self,
        writer: RecordingWriter,
        redactor: Redactor,
        *,
        queue_exchanges: int = _QUEUE_EXCHANGES,
        queue_bytes: int = _QUEUE_BYTES,
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.failure: str | None = None
        self._writer = writer
        self._redactor = redactor
        self._sessions = Sessions()
        self._queue_exchanges = queue_exchanges
        self._queue_bytes = queue_bytes
        self._on_failure = on_failure
        self._queue: deque[_Offer] = deque()
        self._held_bytes = 0
        self._dropped: list[str] = []
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="recording writer", daemon=True)
        self._thread.start()

    @classmethod
    def into(
        cls,
        out: Path,
        *,
        upstream: str,
        key: bytes,
        tools: Mapping[str, str] | None = None,
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """An intake that writes the new recording `out`. UsageError if it is there."""
        redactor = Redactor(key)
        writer = RecordingWriter(out, upstream=upstream, redaction=redactor.redaction, session_rule=RULE, tools=tools)
        return cls(writer, redactor, on_failure=on_failure)

    @property
    def anchor(self) -> Anchor:
        """The zero of the recording's clock."""
        return self._writer.anchor

    def offer(self, exchange: Exchange, address: str = "") -> None:
        """Takes one exchange as it crossed the wire, or drops it, and returns at once."""
        response_bytes = exchange.response.content.size if exchange.response else 0
        body_bytes = exchange.request.post_data.size + response_bytes
        with self._changed:
            if len(self._queue) >= self._queue_exchanges or self._held_bytes + body_bytes > self._queue_bytes:
                self._dropped.append("the writer was too slow: queue full")
                return
            self._queue.append(_Offer(exchange, address, body_bytes))
            self._held_bytes += body_bytes
            self._changed.notify()

    def drop(self, reason: str) -> None:
        """Accounts for an exchange that was seen and cannot be kept."""
        with self._changed:
            self._dropped.append(reason)

    def close(self) -> Counts:
        """Writes what is queued and ends the recording; what it holds in the end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        return self._writer.counts

    def _work(self) -> None:
        while True:
            offers, dropped, closing = self._take()
            for reason in dropped:
                self._writer.drop(reason)
            for offer in offers:
                self._keep(offer)
            self._on_disk(self._writer.tick)
            if closing and not offers:
                self._on_disk(self._writer.close)
                return

    def _take(self) -> tuple[list[_Offer], list[str], bool]:
        """What has come since, after waiting for it; at the latest after half a second."""
        with self._changed:
            if not self._queue and not self._closing:
                self._changed.wait(_TICK_S)
            offers = [self._queue.popleft() for _ in range(min(len(self._queue), 100))]
            self._held_bytes -= sum(offer.body_bytes for offer in offers)
            dropped, self._dropped = self._dropped, []
            return offers, dropped, self._closing

    def _keep(self, offer: _Offer) -> None:
        if self.failure:
            self._writer.drop(self.failure)
            return
        withheld_before = self._redactor.bodies_withheld
        try:
            exchange = self._redactor.exchange(offer.exchange)
            exchange = msgspec.structs.replace(exchange, session=self._sessions.of(exchange, offer.address))
        except Exception as error:  # noqa: BLE001 (one strange exchange must not end the recording; it is counted)
            self._writer.drop(f"could not be redacted: {type(error).__name__}")
            return
        withheld = self._redactor.bodies_withheld - withheld_before
        self._on_disk(lambda: self._writer.write(exchange, bodies_withheld=withheld))

    def _on_disk(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            if self.failure is None:
                self.failure = f"the disk failed: {error.strerror or error}"
                self._writer.lose(self.failure)
                self._on_failure(self.failure)
