"""Locust's worker, in a process of its own: `python -P -m replayer.distributed.worker HOST PORT`.

Its share of a replay runs in an engine's process beneath it, so that nothing here disturbs its clock. What comes of
each step goes to the master as it is, and into Locust's own statistics.
"""

# Locust first: it patches the standard library for gevent.
from locust import events  # isort: skip
import os
import signal
import socket
import sys
import time
from typing import Any

import gevent
import msgspec
from gevent import subprocess
from locust.env import Environment
from locust.log import setup_logging
from locust.runners import WorkerRunner

from replayer.distributed import words
from replayer.distributed.counting import Seen, count
from replayer.distributed.pipes import Batch, Writer, read_batches
from replayer.distributed.replayuser import Replay
from replayer.process.frames import Kind, frame
from replayer.process.job import Failed
from replayer.process.parent import COMMAND

_SILENT_S = 8.0  # as long as the master bears with a worker


class Worker:
    """Does what the master says; nothing until then."""

    def __init__(self, host: str, port: int) -> None:
        self._environment = Environment(user_classes=[Replay], events=events)
        self._seen_of = msgspec.msgpack.Decoder(Seen).decode
        self._engine: subprocess.Popen[bytes] | None = None
        self._began_s = 0.0  # of this process's CPU time
        self._to_engine: Writer | None = None
        self.is_orphaned = False
        self.runner: WorkerRunner = self._environment.create_worker_runner(host, port)
        self.runner.register_message(words.ASK, self._say_clock)
        self.runner.register_message(words.JOB, self._begin)
        self.runner.register_message(words.FRAMES, self._pass_on)

    def watch_master(self) -> None:
        """Ends with the master: nobody hears any more what is sent, and Locust alone would go on for a minute."""
        while time.time() - (self.runner.last_heartbeat_timestamp or time.time()) < _SILENT_S:
            gevent.sleep(1)
        self.is_orphaned = True
        self.runner.quit()

    def end(self) -> None:
        if self._engine is not None:
            self._engine.stdin.close()  # it ends at once if it is amid its work
            self._engine.wait()

    # what the master says

    def _say_clock(self, environment: object, msg: Any) -> None:
        self.runner.send_message(words.CLOCK, {"asked_s": msg.data["asked_s"], "theirs_s": time.monotonic()})

    def _begin(self, environment: object, msg: Any) -> None:
        self._engine = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        self._began_s = time.process_time()
        self._to_engine = Writer(self._engine.stdin.fileno())
        self._to_engine.write(frame(Kind.JOB, msg.data["job"]))
        self.runner.greenlet.spawn(self._hear, self._engine)

    def _pass_on(self, environment: object, msg: Any) -> None:
        if self._to_engine is not None:
            self._to_engine.write(msg.data["frames"])

    # what the engine says

    def _hear(self, engine: "subprocess.Popen[bytes]") -> None:
        over = False
        for batch in read_batches(engine.stdout.fileno()):
            self._tell_outcomes(batch)
            for kind, content in batch:
                if kind is Kind.TAKEN:
                    self.runner.send_message(words.TAKEN, {"taken_bytes": int.from_bytes(content, "big")})
                elif kind is Kind.DONE:
                    over = True
                    self.runner.send_message(
                        words.DONE, {"done": content, "cpu_s": time.process_time() - self._began_s}
                    )
                elif kind is Kind.FAILED:
                    over = True
                    self.runner.send_message(words.FAILED, {"failed": content})
        if not over:
            failed = Failed(message=f"its engine ended with {engine.wait()} before its work was done")
            self.runner.send_message(words.FAILED, {"failed": msgspec.msgpack.encode(failed)})

    def _tell_outcomes(self, batch: Batch) -> None:
        outcomes = [content for kind, content in batch if kind is Kind.OUTCOME]
        if not outcomes:
            return
        seen = [self._seen_of(content) for content in outcomes]
        for one in seen:
            count(one, self._environment)
        frames = b"".join(frame(Kind.OUTCOME, content) for content in outcomes)
        self.runner.send_message(words.ENDED, {"steps": [one.step for one in seen], "frames": frames})


def main() -> None:
    setup_logging("WARNING")
    host, port = sys.argv[1], int(sys.argv[2])
    leaving = [gevent.signal_handler(signum, os._exit, 128 + signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    try:
        socket.getaddrinfo(host, port)
    except OSError as error:
        print(f"foreshock: master={host}: {error.strerror}; name the machine of `foreshock replay`", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    worker = Worker(host, port)  # waits for the master
    for handler in leaving:
        handler.cancel()
    gevent.signal_handler(signal.SIGTERM, worker.runner.quit)
    gevent.signal_handler(signal.SIGINT, worker.runner.quit)
    gevent.spawn(worker.watch_master)
    try:
        worker.runner.greenlet.join()  # the master says when it is over
    finally:
        worker.end()
    if worker.is_orphaned:
        print(f"foreshock: the master was silent for {_SILENT_S:g} s: nothing more is sent", file=sys.stderr)  # noqa: T201
        sys.exit(3)


if __name__ == "__main__":
    main()
