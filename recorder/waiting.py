"""What waits between the proxy and the disk: bounded, filled by any thread at once, emptied by one.

What does not fit is counted here, and taken out with the rest.
"""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from recorder.exchange import Exchange
from recorder.following import EndLine, Following, MessageLine
from recorder.listen.signal import Signal
from recorder.session import Peer

FULL_BY_COUNT = "the writer was too slow: queue full by count"
FULL_BY_BYTES = "the writer was too slow: queue full by bytes"
SIGNALS_FULL = "the writer was too slow"

_AT_ONCE = 100
_SIGNALS_AT_ONCE = 500  # between them exchanges are taken, and theirs is the queue that fills


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    exchanges: int = 20_000
    body_bytes: int = 256 << 20
    signals: int = 100_000


class Offer(NamedTuple):
    """`host` is where the exchange went to."""

    exchange: Exchange
    peer: Peer
    host: str = ""


class Taken(NamedTuple):
    """`closing` says that nothing more will come than what was given already.

    `offers` are exchanges and, after the one that they belong to, the lines that follow it.
    """

    offers: list[Offer | Following]
    signals: list[Signal]
    dropped: Mapping[str, int]  # exchanges by reason
    messages_dropped: Mapping[str, int]
    messages_left_out: int
    passed: Mapping[tuple[str, str], int]  # connections, by what they were and to where
    lost: Mapping[str, int]  # signals by reason
    closing: bool


class Waiting:
    def __init__(self, bounds: Bounds = Bounds()) -> None:  # noqa: B008 (frozen)
        self._bounds = bounds
        self._offers: deque[tuple[int, Offer | Following]] = deque()  # with the bytes that each holds
        self._signals: deque[Signal] = deque()
        self._held_bytes = 0
        self._dropped: Counter[str] = Counter()
        self._messages_dropped: Counter[str] = Counter()
        self._messages_left_out = 0
        self._passed: Counter[tuple[str, str]] = Counter()
        self._lost: Counter[str] = Counter()
        self._closing = False
        self._changed = threading.Condition()

    def offer(self, exchange: Exchange, peer: Peer, host: str = "") -> None:
        with self._changed:
            self._put(Offer(exchange, peer, host), _held_bytes(exchange), self._dropped)

    def follow(self, line: Following) -> None:
        """An end always fits: there are no more of them than sockets."""
        held_bytes = len(line.content.text) if isinstance(line, MessageLine) else 0
        with self._changed:
            self._put(line, held_bytes, self._messages_dropped, always=isinstance(line, EndLine))

    def leave_out_message(self) -> None:
        with self._changed:
            self._messages_left_out += 1

    def pass_by(self, what: str, host: str) -> None:
        with self._changed:
            self._passed[what, host] += 1

    def hear(self, signal: Signal) -> None:
        with self._changed:
            if len(self._signals) >= self._bounds.signals:
                self._lost[SIGNALS_FULL] += 1
            else:
                self._signals.append(signal)

    def drop(self, reason: str) -> None:
        with self._changed:
            self._dropped[reason] += 1

    def lose_signals(self, reason: str, count: int) -> None:
        with self._changed:
            self._lost[reason] += count

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()

    def take(self, within_s: float) -> Taken:
        """Some of what has come, in the order in which it came; waits for it, but no longer than `within_s`."""
        with self._changed:
            if not self._offers and not self._signals and not self._closing:
                self._changed.wait(within_s)
            taken = [self._offers.popleft() for _ in range(min(len(self._offers), _AT_ONCE))]
            signals = [self._signals.popleft() for _ in range(min(len(self._signals), _SIGNALS_AT_ONCE))]
            self._held_bytes -= sum(held_bytes for held_bytes, _ in taken)
            dropped, self._dropped = self._dropped, Counter()
            messages_dropped, self._messages_dropped = self._messages_dropped, Counter()
            left_out, self._messages_left_out = self._messages_left_out, 0
            passed, self._passed = self._passed, Counter()
            lost, self._lost = self._lost, Counter()
            offers = [one for _, one in taken]
            return Taken(offers, signals, dropped, messages_dropped, left_out, passed, lost, self._closing)

    def _put(self, one: Offer | Following, held_bytes: int, dropped: Counter[str], *, always: bool = False) -> None:
        if len(self._offers) >= self._bounds.exchanges and not always:
            dropped[FULL_BY_COUNT] += 1
        elif self._held_bytes + held_bytes > self._bounds.body_bytes and not always:
            dropped[FULL_BY_BYTES] += 1
        else:
            self._offers.append((held_bytes, one))
            self._held_bytes += held_bytes
            self._changed.notify()


def _held_bytes(exchange: Exchange) -> int:
    """Of bodies and messages as they are held: of what is beyond the cap that is nothing, however long it was."""
    held = len(exchange.request.post_data.text) + sum(len(message.content.text) for message in exchange.messages)
    return held + len(exchange.response.content.text) if exchange.response else held
