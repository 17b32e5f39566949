"""A case's clients, recorded through `foreshock record` in front of the running service."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from kit.system import started
from prove.case import ZOO

_END_S = 60.0
_SECONDS = 5.0  # over which the clients come


def record(name: str, out: Path, *, fixed: bool, seed: int) -> str:
    """What the clients said of their day. Raises SystemExit where it went wrong: then the zoo is broken."""
    with started(ZOO / name, fixed=fixed, patient=True) as system:
        system.reset()
        command = [sys.executable, "-P", "-m", "scenarios.cli", "record", "--upstream", system.url]
        command += ["--listen", "127.0.0.1:0", "-o", str(out)]
        recorder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            return _clients(name, _url(recorder), seed)
        finally:
            recorder.send_signal(signal.SIGINT)
            try:
                recorder.communicate(timeout=_END_S)
            except subprocess.TimeoutExpired:
                recorder.kill()
                recorder.wait()


def _url(recorder: subprocess.Popen[str]) -> str:
    assert recorder.stdout is not None
    said = recorder.stdout.readline().strip()
    if not said.startswith("recording http"):
        raise SystemExit(f"the recorder did not start: {said}")
    return said.split()[1]


def _clients(name: str, url: str, seed: int) -> str:
    command = [sys.executable, "-P", "traffic.py", "--target", url, "--seed", str(seed), "--seconds", str(_SECONDS)]
    done = subprocess.run(command, cwd=ZOO / name, capture_output=True, text=True, timeout=_END_S)
    if done.returncode:
        raise SystemExit(f"{name}: its clients went wrong: {done.stderr.strip()}")
    return done.stdout.strip()
