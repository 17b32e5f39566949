"""The steps dealt to the workers, and what they say of them passed on to whoever reads the master's output."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from gevent.event import Event
from locust.runners import STATE_MISSING, MasterRunner

from foreshock.errors import ForeshockError, HarnessError, UsageError
from replayer.distributed import words
from replayer.distributed.dealing import Dealer
from replayer.distributed.pipes import Writer
from replayer.distributed.share import NEVER_DEALT, Dealt, Share
from replayer.outcome import Outcome
from replayer.process.frames import Kind, frame
from replayer.process.job import Failed

_PATIENCE_S = 5.0  # with a worker that Locust misses
_BATCH_BYTES = 1 << 16  # of frames in one message


class Shares:
    """`changed` is set when one of them is over, or something failed."""

    def __init__(self, runner: MasterRunner, workers: list[str], groups: dict[str, str], out: Writer) -> None:
        self.changed = Event()
        self._runner = runner
        self._out = out
        self._all = [Share(worker) for worker in workers]
        self._by_worker = {share.worker: share for share in self._all}
        self._dealer = Dealer(len(workers), groups)
        self._dealt_of = msgspec.msgpack.Decoder(Dealt).decode
        self._failure: ForeshockError | None = None
        runner.register_message(words.ENDED, self._ended)
        runner.register_message(words.TAKEN, self._taken)
        runner.register_message(words.DONE, self._done)
        runner.register_message(words.FAILED, self._failed)

    @property
    def over(self) -> bool:
        """Whether every worker has told the end, or is lost. Raises what a worker said has failed."""
        if self._failure is not None:
            raise self._failure
        return all(share.over for share in self._all)

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(share.worker for share in self._all if share.lost)

    @property
    def cpu_s(self) -> float:
        """That the workers took, besides their engines."""
        return sum(share.cpu_s for share in self._all)

    @property
    def done(self) -> dict[str, bytes]:
        """By worker, what it said at the end."""
        return {share.worker: share.done for share in self._all if share.done is not None}

    def deal(self, content: bytes) -> None:
        """A step, to whom it belongs; it is on its way with the next `pass_on` at the latest."""
        dealt = self._dealt_of(content)
        share = self._all[self._dealer.worker_of(dealt.session)]
        share.dealt_bytes += len(content)
        if share.lost:
            self._tell([dealt.outcome(NEVER_DEALT)])
            self._tell_taken()
            return
        share.open[dealt.id] = dealt
        share.batch += frame(Kind.STEP, content)
        if len(share.batch) >= _BATCH_BYTES:
            self._send(share)

    def pass_on(self) -> None:
        for share in self._all:
            self._send(share)

    def to_all(self, kind: Kind) -> None:
        """END or STOP, after what was dealt before."""
        for share in self._all:
            share.batch += frame(kind)
        self.pass_on()

    def look(self) -> list[str]:
        """Workers that Locust misses since the last look; their steps are told as unknown."""
        missed = [share for share in self._all if not share.over and self._is_gone(share)]
        for share in missed:
            self._tell(share.lose())
        if missed:
            self._tell_taken()
        return [share.worker for share in missed]

    def _is_gone(self, share: Share) -> bool:
        """Locust misses whoever was silent for 3 s, and takes it back when it speaks: a busy machine does that."""
        client = self._runner.clients.get(share.worker)
        if client is None:
            return True
        if client.state != STATE_MISSING:
            share.missing_since_s = None
            return False
        share.missing_since_s = share.missing_since_s or time.monotonic()
        return time.monotonic() - share.missing_since_s > _PATIENCE_S

    def _send(self, share: Share) -> None:
        if share.batch and not share.lost:
            self._runner.send_message(words.FRAMES, {"frames": bytes(share.batch)}, share.worker)
        share.batch.clear()

    # what workers say; of one that was given up nothing is believed any more

    def _of(self, msg: Any) -> Share | None:
        share = self._by_worker.get(msg.node_id)
        return None if share is None or share.lost else share

    def _ended(self, environment: object, msg: Any) -> None:
        if share := self._of(msg):
            share.ended(msg.data["steps"])
            self._out.write(msg.data["frames"])

    def _taken(self, environment: object, msg: Any) -> None:
        if share := self._of(msg):
            share.took(msg.data["taken_bytes"])
            self._tell_taken()

    def _done(self, environment: object, msg: Any) -> None:
        if share := self._of(msg):
            share.done = msg.data["done"]
            share.cpu_s = msg.data["cpu_s"]
            self.changed.set()

    def _failed(self, environment: object, msg: Any) -> None:
        failed = msgspec.msgpack.decode(msg.data["failed"], type=Failed)
        said = f"worker {msg.node_id}: {failed.message}"
        self._failure = self._failure or (UsageError(said) if failed.usage else HarnessError(said))
        self.changed.set()

    # what we say

    def _tell(self, outcomes: list[Outcome]) -> None:
        self._out.write(b"".join(frame(Kind.OUTCOME, msgspec.msgpack.encode(outcome)) for outcome in outcomes))

    def _tell_taken(self) -> None:
        taken = sum(share.taken_bytes for share in self._all)
        self._out.write(frame(Kind.TAKEN, taken.to_bytes(8, "big")))
