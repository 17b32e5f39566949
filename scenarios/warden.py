"""Ends the processes of a harness that died without a word (kill -9, out of memory), so that none is left behind.

A child of the harness's, in a session of its own, that reads lines from a pipe: `watch PGID`, `forget PGID`. When the
pipe ends, the harness has ended: every process group still watched is killed. Unlike PR_SET_PDEATHSIG this works on
every POSIX system, reaches the children's children, and needs no code between fork and exec. Left open is the moment
between the start of a process and the line that tells of it, some microseconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import IO, Self

from foreshock.errors import HarnessError


class Warden:
    """The harness's side. A context manager; on the way out the warden ends, and kills what is still watched."""

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "scenarios.warden"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._child.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._child.stdin is not None
        return self._child.stdin

    @property
    def pid(self) -> int:
        return self._child.pid

    def watch(self, group: int) -> None:
        """From now on process group `group` ends with us. Raises HarnessError if the warden is gone."""
        try:
            self._tell(f"watch {group}")
        except OSError as error:
            raise HarnessError(
                "the warden, which ends our processes should we be killed, is gone; who killed it?"
            ) from error

    def forget(self, group: int) -> None:
        with contextlib.suppress(OSError):
            self._tell(f"forget {group}")

    def _tell(self, line: str) -> None:
        self._stdin.write(f"{line}\n".encode())
        self._stdin.flush()


def keep_watch(lines: IO[str]) -> None:
    """Follows `lines` to their end, then kills what is still watched."""
    watched: set[int] = set()
    for line in lines:
        order, _, number = line.partition(" ")
        (watched.add if order == "watch" else watched.discard)(int(number))
    for group in watched:
        kill_group(group, signal.SIGKILL)


def kill_group(group: int, signum: signal.Signals) -> None:
    """Signals a process group, if there still is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
        os.killpg(group, signum)


if __name__ == "__main__":
    keep_watch(sys.stdin)
