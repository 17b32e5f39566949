"""The embedded server's process, as its owner sees it: started, stopped, and told what to guard."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from foreshock.errors import HarnessError

READY_S = 15.0  # an interpreter on a busy machine
STOP_S = 10.0


class EmbeddedChild:
    """`api` is the URL of its control API, `toxiproxy` that of the real server it started for us, if it was to.

    The pipe to its stdin is the lease: when we are gone, however, the child heals every link, and passes traffic on
    until there is none. It leads a session of its own, so that neither Ctrl-C nor the end of a terminal reaches it.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", log: IO[bytes], ready: Mapping[str, Any]) -> None:
        self._process = process
        self._log = log
        self.api: str = ready["api"]
        self.toxiproxy: str | None = ready.get("toxiproxy")

    @classmethod
    def start(cls, *, seed: int, toxiproxy: Path | None = None) -> "EmbeddedChild":
        """A server that is ready, with a real one beside it if its binary is given. Raises HarnessError."""
        command = [sys.executable, "-P", "-m", "faults.embedded", "--host", "127.0.0.1", "--port", "0", "--lease"]
        command += ["--seed", str(seed), *(["--toxiproxy-server", str(toxiproxy)] if toxiproxy else [])]
        # Not our own stderr: a terminal or a pipe would be held open when we are gone.
        log = tempfile.TemporaryFile()  # noqa: SIM115  # closed in stop()
        process = subprocess.Popen(  # noqa: S603  # our own interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        line = _first_line(process, READY_S)
        try:
            return cls(process, log, json.loads(line))
        except ValueError:
            _end(process)
            reason = _last_line(log) or f"no answer within {READY_S:g} s"
            log.close()
            raise HarnessError(f"the embedded proxy did not start: {reason}") from None

    @property
    def pid(self) -> int:
        return self._process.pid

    def guard(self, url: str, upstreams: Mapping[str, str]) -> None:
        """When we are gone, heal these proxies (name: upstream of the link) of the real server at `url`, too."""
        self._say({"guard": {"url": url, "upstreams": dict(upstreams)}})

    def stop(self) -> None:
        """Orderly: every link it carried is gone when this returns, and so is the real server it started."""
        try:
            self._say({"stop": True})
            self._process.wait(STOP_S)
        except (HarnessError, subprocess.TimeoutExpired):
            pass  # it is gone, or will be
        _end(self._process)
        self._log.close()

    def _say(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise HarnessError(f"the embedded proxy (pid {self.pid}) is gone: {_last_line(self._log)}") from None


def _first_line(process: "subprocess.Popen[bytes]", within_s: float) -> bytes:
    """What it printed up to a line's end, the end of its stdout or of the time."""
    assert process.stdout is not None
    deadline_s = time.monotonic() + within_s
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(0.0, deadline_s - time.monotonic())):
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                break
            line += chunk
    return line


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:  # what it was told last, it never read
                continue


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
