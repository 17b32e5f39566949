"""Servers that nobody here wrote: an environment of its own for each, a recorder in front, a replay of what came."""

import asyncio
import contextlib
import fcntl
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from replayer.compare import Comparison, compare
from replayer.engine import replay
from replayer.plan import Plan

CACHE = Path(__file__).parents[3] / ".cache"
DEADLINE_S = 30.0


def environment(name: str, *requirements: str) -> Path:
    """The scripts of a virtual environment with these packages; made by the first who asks, others wait."""
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = f"{sys.version_info[:2]} {requirements}"
        if not made.is_file() or made.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            pip = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            made.write_text(wanted)
    return folder / "venv" / "bin"


@pytest.fixture(name="environment", scope="session")
def _environment() -> Callable[..., Path]:
    return environment


@contextlib.contextmanager
def running(command: list[str | Path], url: str, log: Path) -> Iterator[str]:
    """The server that `command` starts, once it answers at `url` with any status; ended afterwards."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        try:
            _until_answering(url, server, log)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(name="running", scope="session")
def _running() -> Callable[..., contextlib.AbstractContextManager[str]]:
    return running


def _until_answering(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def recording_to(out: Path, upstream: str, port: int, *options: str) -> Iterator[str]:
    """`foreshock record` in front of `upstream`; the URL where it listens."""
    command = ["record", "--upstream", upstream, "--listen", f"127.0.0.1:{port}", "-o", str(out), *options]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "scenarios.cli", *command],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(name="recording_to", scope="session")
def _recording_to() -> Callable[..., contextlib.AbstractContextManager[str]]:
    return recording_to


@pytest.fixture(scope="session")
def replayed() -> Callable[[Plan, str], Comparison]:
    """How a server at a URL answers a plan, against what was recorded."""
    return lambda plan, target: compare(asyncio.run(replay(plan.header, plan.steps, target)))
