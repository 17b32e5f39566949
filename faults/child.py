"""The embedded server's process, as its owner sees it: started, stopped, and told what to guard."""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from foreshock.errors import HarnessError

READY_S = 15.0  # an interpreter on a busy machine
STOP_S = 10.0


class Ready(msgspec.Struct, frozen=True):
    """`api` is the URL of its control API, `toxiproxy` that of the real server it started for us, if it was to."""

    api: str
    toxiproxy: str | None = None


class EmbeddedChild:
    """The pipe to its stdin is the lease: when we are gone, however, it heals every link, and passes traffic on until
    there is none. It leads a session of its own, so that neither Ctrl-C nor the end of a terminal reaches it.
    """

    def __init__(self, *, seed: int, toxiproxy: Path | None = None) -> None:
        """Started, with a real server beside it if its binary is given; not yet ready."""
        command = [sys.executable, "-P", "-m", "faults.embedded", "--host", "127.0.0.1", "--port", "0", "--lease"]
        command += ["--seed", str(seed), *(["--toxiproxy-server", str(toxiproxy)] if toxiproxy else [])]
        # Not our own stderr: a terminal or a pipe would be held open when we are gone.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed in stop()
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
        )

    def wait_ready(self) -> Ready:
        """Blocks until it answers. Raises HarnessError with what it said if it doesn't."""
        try:
            return msgspec.json.decode(_first_line(self._process, READY_S), type=Ready)
        except msgspec.DecodeError:
            reason = self._last_words() or f"no answer within {READY_S:g} s"
            raise HarnessError(f"the embedded proxy did not start: {reason}") from None

    @property
    def pid(self) -> int:
        return self._process.pid

    def guard(self, url: str, upstreams: Mapping[str, str]) -> None:
        """When we are gone, heal these proxies (name: upstream of the link) of the real server at `url`, too."""
        self._say({"guard": {"url": url, "upstreams": dict(upstreams)}})

    def stop(self) -> None:
        """Orderly: every link it carried is gone when this returns, and so is the real server it started."""
        with suppress(HarnessError, subprocess.TimeoutExpired):  # it is gone already, or will be killed
            self._say({"stop": True})
            self._process.wait(STOP_S)
        self._kill_group()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            with suppress(BrokenPipeError):  # what it was told last, it never read
                if pipe is not None:
                    pipe.close()

    def _kill_group(self) -> None:
        """What is left of its session: itself if it hangs, the real server if it died."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _say(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise HarnessError(f"the embedded proxy (pid {self.pid}) is gone: {self._last_words()}") from None

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


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
