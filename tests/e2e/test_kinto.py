"""A system nobody here wrote: Kinto, driven by its own client through the recorder, replayed against a fresh Kinto.

Kinto and kinto-http live in an environment of their own under .cache/, made once from the configured package index.
"""

import asyncio
import contextlib
import fcntl
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.recording import Recording
from replayer.compare import Comparison, compare
from replayer.engine import replay
from replayer.from_recording import plan_of
from replayer.plan import Plan

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ("kinto==26.5.0", "kinto-http==11.11.0")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
SETTINGS = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 4
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.bucket_create_principals = system.Everyone
kinto.bucket_write_principals = system.Everyone
"""


@pytest.fixture(scope="module")
def kinto_bin() -> Path:
    """The scripts of the environment that has Kinto; made by the first who asks, others wait."""
    folder = ROOT / ".cache" / "kinto"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = f"{sys.version_info[:2]} {REQUIREMENTS}"
        if not made.is_file() or made.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            python = folder / "venv" / "bin" / "python"
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS], check=True
            )
            made.write_text(wanted)
    return folder / "venv" / "bin"


@contextlib.contextmanager
def kinto(scripts: Path, folder: Path) -> Iterator[str]:
    """A fresh Kinto; its URL."""
    folder.mkdir()
    port = free_port()
    settings = folder / "kinto.ini"
    settings.write_text(SETTINGS.format(port=port))
    with (folder / "log").open("wb") as log:
        command = [scripts / "pserve", str(settings)]
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/v1/__lbheartbeat__", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise AssertionError(f"Kinto is not ready: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def recorder(upstream: str, out: Path) -> Iterator[str]:
    """`foreshock record` in front of `upstream`; the URL where it listens."""
    command = ["record", "--upstream", upstream, "--listen", "127.0.0.1:0", "-o", str(out)]
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


@pytest.fixture(scope="module")
def recording(kinto_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("kinto")
    with kinto(kinto_bin, folder / "recorded") as upstream, recorder(upstream, folder / "kinto.rec") as url:
        editors = Path(__file__).with_name("kinto_editors.py")
        subprocess.run([kinto_bin / "python", editors, f"{url}/v1"], check=True, timeout=60)
    return Recording.open(folder / "kinto.rec")


def replayed(plan: Plan, kinto_bin: Path, folder: Path) -> Comparison:
    with kinto(kinto_bin, folder / "fresh") as target:
        return compare(asyncio.run(replay(plan.header, plan.steps, target)))


@pytest.mark.e2e
def test_the_recording_writes_and_holds_versions_that_went_back_to_the_server(recording: Recording) -> None:
    plan = plan_of(recording, name="kinto", seed=1)
    writes = sum(step.request.method in WRITES for step in plan.steps)
    assert writes / len(plan.steps) >= 0.3
    versions = [
        binding
        for step in plan.steps
        for binding in step.bindings
        if (binding.at.lower(), binding.into) == ("header:etag", "header:If-Match")
    ]
    assert len(versions) >= 20


@pytest.mark.e2e
def test_a_fresh_kinto_answers_the_replay_as_the_recorded_one_did(
    recording: Recording, kinto_bin: Path, tmp_path: Path
) -> None:
    comparison = replayed(plan_of(recording, name="kinto", seed=1), kinto_bin, tmp_path)
    assert comparison.not_sent == ()
    assert comparison.share is not None
    assert comparison.share >= 0.99, comparison.rows


@pytest.mark.e2e
def test_without_bindings_a_fresh_kinto_does_not_answer_as_the_recorded_one_did(
    recording: Recording, kinto_bin: Path, tmp_path: Path
) -> None:
    comparison = replayed(plan_of(recording, name="kinto", seed=1, bindings=False), kinto_bin, tmp_path)
    assert comparison.share is not None
    assert comparison.share < 0.99, comparison.rows
