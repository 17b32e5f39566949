"""What whole runs share: a service that nobody here knows (booth.py), its recording, the command line as a process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from scenarios.ports import free_ports

BOOTH = Path(__file__).with_name("booth.py")
COMMAND = [sys.executable, "-P", "-m", "scenarios.cli"]
VISITORS = 6
DEADLINE_S = 60.0

SCENARIO = """\
version: 1
name: booth
processes:
  printer:
    command: [python, -P, BOOTH, printer, "${processes.printer.address}", "${dir}/printer.db"]
    ready: {http: "${processes.printer.url}/healthz"}
  booth:
    command: [python, -P, BOOTH, booth, "${processes.booth.address}", "${dir}/booth.db", "${links.printer.url}"]
    environment: {SOUND: "${env.SOUND:-0}"}
    ready: {http: "${processes.booth.url}/healthz"}
links:
  printer: {upstream: "${processes.printer.address}"}
target: "${processes.booth.url}"
reset:
  - {post: "${processes.booth.url}/__reset"}
  - {post: "${processes.printer.url}/__reset"}
recording: RECORDING
replay: {speed: 4}
settle: 20ms
faults:
  - {id: printer-slow, link: printer, kind: slow, latency_ms: 30}
stop: none
invariants:
  - name: no ticket is printed twice
    sql: {database: "${dir}/printer.db", query: "SELECT ticket FROM prints GROUP BY ticket HAVING count(*) > 1"}
    expect: size(rows) == 0
    within: 50ms
  - name: the booth is open
    http: {get: "${processes.booth.url}/shows"}
    expect: status == 200
explore: {executions: 16, instances: 2, faults: [lost_reply]}
"""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Foreshock:
    """`foreshock ...` as a child process in a folder of its own, that all its descendants can be known by."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str]) -> None:
        self.mark = f"FORESHOCK_TEST={uuid.uuid4().hex}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=folder,
            env={**os.environ, **environment, name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def reads(self, start: str) -> None:
        """Returns once a line of its output starts with this; fails if it ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(start):
                return
        raise AssertionError(f"{self.process.args} ended without {start!r}: {self.end()}")

    def send(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def end(self) -> Ended:
        """What it ended with, and what of its output was not read before."""
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return Ended(self.process.returncode, out, err)

    def descendants(self) -> list[int]:
        """Every process that has its mark, it and they, wherever their sessions and parents are."""
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if self._is_marked(path)]

    def _is_marked(self, environ: Path) -> bool:
        try:
            return self.mark.encode() in environ.read_bytes().split(b"\0")
        except OSError:  # it ended, or is another user's
            return False

    def close(self) -> None:
        """Kills what is left of it, by process id."""
        for pid in self.descendants() if self.process.poll() is None or Path("/proc").exists() else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Booth(NamedTuple):
    """A booth with its printer, running; `sold` sells a ticket through any address of it."""

    url: str
    printer: str


class Site:
    """A folder with the booth's scenario, to run commands in."""

    def __init__(self, folder: Path, recording: Path) -> None:
        self.folder = folder
        self.recording = recording
        self._started: list[Foreshock] = []

    def write(self, name: str = "booth.yaml", *changes: tuple[str, str], text: str = SCENARIO) -> Path:
        """The scenario, changed: what is replaced has to be there."""
        for old, new in (*changes, ("BOOTH", str(BOOTH)), ("RECORDING", str(self.recording))):
            assert old in text or old.isupper(), old
            text = text.replace(old, new)
        (self.folder / name).write_text(text)
        return self.folder / name

    def start(self, *arguments: str, **environment: str) -> Foreshock:
        self._started.append(Foreshock(self.folder, *arguments, environment=environment))
        return self._started[-1]

    def run(self, *arguments: str, **environment: str) -> Ended:
        """The command run to its end."""
        return self.start(*arguments, **environment).end()

    @property
    def run_folder(self) -> Path:
        """Of the only run that was made here."""
        (folder,) = (self.folder / "runs").iterdir()
        return folder

    def close(self) -> None:
        for started in self._started:
            started.close()


@pytest.fixture(scope="session")
def booth_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six visitors, recorded by `foreshock record` on their way to a booth. Not to be changed: take a copy."""
    folder = tmp_path_factory.mktemp("recorded")
    with booth(folder) as running:
        recorder = Foreshock(
            folder,
            *("record", "--upstream", running.url, "--listen", "127.0.0.1:0", "-o", "booth.rec"),
            environment={},
        )
        try:
            assert recorder.process.stdout is not None
            url = recorder.process.stdout.readline().split()[1]
            for seat in range(VISITORS):
                visit(url, seat)
            recorder.send(signal.SIGTERM)
            assert recorder.end() == (0, f"recorded booth.rec: {4 * VISITORS} seen, {4 * VISITORS} stored\n", "")
        finally:
            recorder.close()
    return folder / "booth.rec"


@contextlib.contextmanager
def booth(folder: Path, printer: str | None = None, **environment: str) -> Iterator[Booth]:
    """A booth and its printer; `printer` is where the booth reaches it, if not directly."""
    ports = free_ports(2)
    at = [f"127.0.0.1:{port}" for port in ports]
    roles = (("printer", at[0], ()), ("booth", at[1], (printer or f"http://{at[0]}",)))
    started = [
        subprocess.Popen(
            [sys.executable, "-P", str(BOOTH), role, address, str(folder / f"{role}.db"), *more],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
        )
        for role, address, more in roles
    ]
    try:
        for port in ports:
            _until_answering(port)
        yield Booth(url=f"http://{at[1]}", printer=f"http://{at[0]}")
    finally:
        for process in started:
            process.kill()
            process.wait()


def _until_answering(port: int) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        with contextlib.suppress(OSError), http_connection(f"http://127.0.0.1:{port}") as connection:
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
            return
        assert time.monotonic() < deadline_s, f"nothing answers on {port}"
        time.sleep(0.02)


def http_connection(url: str) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection(url.rpartition("/")[2], timeout=10))


def visit(url: str, seat: int) -> None:
    """A visitor looks, is given a token, buys a ticket, and looks at it; a quarter of a second in all."""
    with http_connection(url) as connection:

        def ask(method: str, path: str, body: object = None, **headers: str) -> dict[str, str]:
            time.sleep(0.06)  # what people take to think is part of the traffic
            said = json.dumps(body) if body is not None else None
            connection.request(method, path, said, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            assert answer.status in (200, 201)
            return dict(json.loads(answer.read()))

        ask("GET", "/shows")
        bearer = "Bearer " + ask("POST", "/visitors", {})["token"]
        ticket = ask("POST", "/tickets", {"show": "evening", "seat": seat}, Authorization=bearer)
        ask("GET", f"/tickets/{ticket['id']}", Authorization=bearer)


@pytest.fixture
def site(tmp_path: Path, booth_recording: Path) -> Iterator[Site]:
    laid = Site(tmp_path, booth_recording)
    yield laid
    laid.close()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, booth_recording: Path) -> Iterator[Callable[[], Site]]:
    """Makes sites that last as long as the module's tests."""
    laid: list[Site] = []

    def lay() -> Site:
        laid.append(Site(tmp_path_factory.mktemp("site"), booth_recording))
        return laid[-1]

    yield lay
    for each in laid:
        each.close()


@pytest.fixture(name="booth")
def _booth() -> Callable[..., contextlib.AbstractContextManager[Booth]]:
    return booth
