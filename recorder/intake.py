"""The way from the proxy to the disk: a bounded queue, and a thread that names sessions, chooses, redacts and writes.

The proxy must never wait for us. What does not fit is dropped and counted, as is everything while the disk refuses it.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from foreshock.clock import Anchor
from recorder.disk import Disk
from recorder.exchange import Exchange
from recorder.following import Following
from recorder.keeper import Keeper
from recorder.keeping import Keeping
from recorder.listen.signal import Signal
from recorder.manifest import Counts, MessageCounts, SignalCounts
from recorder.policy import Policy
from recorder.redact import DEFAULT, Redactor
from recorder.session import Peer
from recorder.tally import Tally
from recorder.waiting import Bounds, Offer, Taken, Waiting
from recorder.writer import RecordingWriter

_TICK_S = 0.25  # twice as often as a segment is flushed


class Intake:
    """Takes exchanges and signals from any thread, and returns at once.

    `failure` is what the disk said if it refused anything; `on_failure` is told when it begins and ends to refuse.
    """

    def __init__(
        self,
        writer: RecordingWriter,
        redactor: Redactor,
        *,
        key: bytes = b"",
        keeping: Keeping = Keeping(),  # noqa: B008 (frozen)
        bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
        on_failure: Callable[[str], None] = lambda _: None,
        disk: Disk | None = None,
    ) -> None:
        self._writer = writer
        self._disk = disk or Disk(writer.folder, min_free_bytes=keeping.min_free_bytes, tell=on_failure)
        self._keeper = Keeper(writer, redactor, key, keeping, self._disk)
        self._waiting = Waiting(bounds)
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
        policy: Policy = DEFAULT,
        recorder: str = "",
        encrypt_key: bytes | None = None,
        keeping: Keeping = Keeping(),  # noqa: B008 (frozen)
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """An intake that writes the new recording `out`, or the part of `recorder` in it. UsageError if it is there."""
        redactor = Redactor(key, policy)
        writer = RecordingWriter(
            out,
            upstream=upstream,
            redaction=redactor.redaction,
            session_rule=str(keeping.rule),
            tools=tools,
            recorder=recorder,
            rotation=keeping.rotation,
            keeping=keeping.said,
            encrypt_key=encrypt_key,
        )
        return cls(writer, redactor, key=key, keeping=keeping, on_failure=on_failure)

    @property
    def folder(self) -> Path:
        """The recording, or this recorder's part of it."""
        return self._writer.folder

    @property
    def anchor(self) -> Anchor:
        """The zero of the recording's clock."""
        return self._writer.anchor

    @property
    def failure(self) -> str | None:
        return self._disk.failure

    @property
    def signals(self) -> SignalCounts:
        """Once it is closed: what became of the signals."""
        return self._writer.signals

    @property
    def messages(self) -> MessageCounts:
        """Once it is closed: what became of the messages of sockets and event streams."""
        return self._writer.messages

    @property
    def passed(self) -> Mapping[str, Tally]:
        """Once it is closed: connections that went through unrecorded, by what they were."""
        return self._writer.passed

    def offer(self, exchange: Exchange, address: str = "", *, certificate: str = "", host: str = "") -> None:
        """Takes one exchange as it crossed the wire, or drops it. `address` is the client's host (the PROXY protocol's
        where it says one), `certificate` the SHA-256 of the client's, in hex, `host` where it was sent to."""
        self._waiting.offer(exchange, Peer(address, certificate), host)

    def follow(self, line: Following) -> None:
        """Takes what came after its exchange was offered as one that goes on, or drops it."""
        self._waiting.follow(line)

    def leave_out_message(self) -> None:
        """Accounts for a message that came after the bound on its socket."""
        self._waiting.leave_out_message()

    def pass_by(self, what: str, host: str) -> None:
        """Accounts for a connection that went through unrecorded."""
        self._waiting.pass_by(what, host)

    def drop(self, reason: str) -> None:
        """Accounts for an exchange that was seen and cannot be kept."""
        self._waiting.drop(reason)

    def hear(self, signal: Signal) -> None:
        """Takes one signal, or loses it."""
        self._waiting.hear(signal)

    def lose_signals(self, reason: str, count: int = 1) -> None:
        """Accounts for signals that were not heard, or could not be kept."""
        self._waiting.lose_signals(reason, count)

    def close(self) -> Counts:
        """Writes what is queued and ends the recording; what it holds in the end."""
        self._waiting.close()
        self._thread.join()
        return self._writer.counts

    def _work(self) -> None:
        while True:
            taken = self._waiting.take(_TICK_S)
            self._account(taken)
            self._disk.look()
            for offer in taken.offers:
                if isinstance(offer, Offer):
                    self._keeper.keep(offer)
                else:
                    self._keeper.follow(offer)
            for signal in taken.signals:
                self._keeper.keep_signal(signal)
            self._keeper.on_disk(self._writer.tick)
            if taken.closing and not (taken.offers or taken.signals):
                if not self._keeper.on_disk(self._writer.close):
                    self._keeper.on_disk(
                        self._writer.close
                    )  # what was held is lost, and makes room for the account of it
                return

    def _account(self, taken: Taken) -> None:
        for reason, count in taken.dropped.items():
            self._writer.drop(reason, count)
        for reason, count in taken.messages_dropped.items():
            self._writer.drop_messages(reason, count)
        self._writer.leave_out_messages(taken.messages_left_out)
        for (what, host), count in taken.passed.items():
            self._writer.pass_by(what, host, count)
        for reason, count in taken.lost.items():
            self._writer.lose_signals(reason, count)
