"""Toxics that hold up whole chunks, drop them or end a connection. Semantics are Toxiproxy 2.12's."""

import time
from collections import deque

from faults.embedded.stage import EARLY_S, Pipe, Stage, seconds
from faults.embedded.toxics import LiveToxic

HELD_CHUNKS = 1024  # as Toxiproxy's latency buffer


class Latency(Stage):
    """Holds each chunk until `latency` +- `jitter` ms after it arrived. Order is kept; the end isn't delayed."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        super().__init__(toxic, ordinal, pipe)
        self.held: deque[tuple[float, float, bytes | None]] = deque()  # (due, came, chunk; None is the end)

    @property
    def full(self) -> bool:
        return len(self.held) >= HELD_CHUNKS

    def push(self, data: bytes, at_s: float) -> None:
        self._hold(at_s + self._delay_s(), at_s, data)

    def end(self) -> None:
        self._hold(0.0, 0.0, None)

    def update(self) -> None:
        super().update()
        self._flush()

    def resume(self) -> None:
        if self.timer is None and not self.busy:
            self._release()

    def remove(self) -> None:
        self._flush()

    def drop(self) -> None:
        super().drop()
        self.held.clear()

    def _delay_s(self) -> float:
        jitter_ms = self.attributes.get("jitter", 0)
        offset_ms = self.rng.randrange(-jitter_ms, jitter_ms) if jitter_ms > 0 else 0
        return seconds(self.attributes.get("latency", 0) + offset_ms)

    def _hold(self, due_s: float, at_s: float, data: bytes | None) -> None:
        if self.held:
            due_s = max(due_s, self.held[-1][0])
        self.held.append((due_s, at_s, data))
        self.resume()
        self.pipe.throttle()

    def _release(self) -> None:
        """Passes on what is due, as long as there is room for it, and sets the timer for the rest."""
        self.timer = None
        self.busy = True
        now_s = time.monotonic()
        while self.held and self.held[0][0] <= now_s + EARLY_S and not self.next.full:
            self._pass_first(now_s)
        self.busy = False
        if self.held and not self.next.full:
            self.timer = self.pipe.loop.call_later(self.held[0][0] - now_s, self._release)
        self.pipe.throttle()

    def _pass_first(self, now_s: float) -> None:
        due_s, at_s, data = self.held.popleft()
        if data is None:
            self.next.end()
            return
        if due_s > at_s:
            self.tally.held_up(len(data), now_s - at_s)
        self.next.push(data, due_s)

    def _flush(self) -> None:
        self.stop()
        self.busy = True
        now_s = time.monotonic()
        while self.held:
            self._pass_first(now_s)
        self.busy = False
        self.pipe.throttle()


class Timeout(Stage):
    """Drops all data; closes after `timeout` ms without any (0: never). Its removal closes the connection."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        super().__init__(toxic, ordinal, pipe)
        self._restart()

    @property
    def full(self) -> bool:
        return False

    def push(self, data: bytes, at_s: float) -> None:
        self.tally.dropped(len(data), of=len(data))
        self._restart()

    def update(self) -> None:
        super().update()
        self._restart()

    def remove(self) -> None:
        self._close()

    def _restart(self) -> None:
        self.stop()
        timeout_s = seconds(self.attributes.get("timeout", 0))
        if timeout_s > 0:
            self.timer = self.pipe.loop.call_later(timeout_s, self._close)

    def _close(self) -> None:
        self.stop()
        self.pipe.finish(self)


class ResetPeer(Stage):
    """Waits for the first chunk or the end, drops it, and after `timeout` ms resets the connection (RST).

    Unlike Toxiproxy it resets connections that were open before it was added too, and leaves those alone that it was
    not drawn for.
    """

    @property
    def full(self) -> bool:
        return False

    def push(self, data: bytes, at_s: float) -> None:
        self.tally.dropped(len(data), of=len(data))
        self._trigger()

    def end(self) -> None:
        self._trigger()

    def remove(self) -> None:
        if self.timer is not None:  # a chunk is lost already: passing on what follows would be a lie
            self._reset()

    def _trigger(self) -> None:
        if self.timer is None:
            self.timer = self.pipe.loop.call_later(seconds(self.attributes.get("timeout", 0)), self._reset)

    def _reset(self) -> None:
        self.stop()
        self.pipe.finish(self, reset=True)


class LimitData(Stage):
    """Passes `bytes` on and with the last of them closes the connection (0: at the first data); updates count on."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        super().__init__(toxic, ordinal, pipe)
        self.passed = 0
        self.cut = False

    def push(self, data: bytes, at_s: float) -> None:
        if self.cut:
            return
        left = max(0, self.attributes.get("bytes", 0) - self.passed)
        self.passed += min(left, len(data))
        if len(data) > left:
            self.tally.dropped(len(data) - left, of=len(data))
        if left:
            self.next.push(data[:left], at_s)
        if len(data) >= left:
            self.cut = True
            self.pipe.finish(self)
