"""Real parts for the recorder's edges: an upstream on asyncio streams, and a recorder in a process of its own."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RUN = """
import json
import sys
from pathlib import Path
from foreshock.errors import ForeshockError
from recorder.order import Tls, order_of
from recorder.record import run_recorder
options, out, *key = sys.argv[1:]
options = json.loads(options)
tls = Tls(**{name: Path(each) if isinstance(each, str) else each for name, each in options.pop("tls", {}).items()})
try:
    sys.exit(run_recorder(order_of(tls=tls, **options), Path(out), key_file=Path(key[0]) if key else None))
except ForeshockError as error:
    print(f"foreshock: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""


class Upstream:
    """Answers every request as `answer` says, and keeps the bytes that reached it."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.seen: list[bytes] = []
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        if self._talks:
            await asyncio.wait(self._talks)
        await asyncio.sleep(0)  # what was closed is let go in the loop's next turn

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request = head + await self._body(head, reader)
                self.seen.append(request)
                answer = self._answer(request)
                if answer is None:  # goes away without an answer
                    break
                writer.write(answer)
                if b"Content-Length: 99999" in answer:  # or in the middle of one
                    await writer.drain()
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is done, or we are
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _body(self, head: bytes, reader: asyncio.StreamReader) -> bytes:
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return await reader.readexactly(int(line.split(b":")[1]))
            if line == b"transfer-encoding: chunked":
                return await reader.readuntil(b"0\r\n\r\n")
        return b""

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


class Recorder:
    """A recorder that is ready; `port` is where it listens."""

    def __init__(self, upstream: str | None, out: Path, *key_file: str, **options: object) -> None:
        self.out = out
        order = {"upstreams": [upstream] if upstream else [], "listens": ["127.0.0.1:0"], **options}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", RUN, json.dumps(order), str(out), *key_file],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline()
        if not self.ready_line:
            raise AssertionError(self.process.communicate()[1])
        shown = self.ready_line.removeprefix("recording ").split(" -> ")[0].split(", ")
        self.ports = [int(each.rpartition(":")[2]) for each in shown]
        self.port = self.ports[0]

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """(exit code, rest of stdout, stderr)"""
        self.process.send_signal(how)
        stdout, stderr = self.process.communicate(timeout=20)
        return self.process.returncode, stdout, stderr

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[bytes], bytes | None]], Upstream]]:
    """Starts upstreams."""
    started: list[Upstream] = []

    def start(answer: Callable[[bytes], bytes | None]) -> Upstream:
        started.append(Upstream(answer))
        return started[-1]

    yield start
    for upstream in started:
        upstream.close()


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    """Starts recorders into NAME.rec."""
    started: list[Recorder] = []

    def start(upstream: str | None, *key_file: str, name: str = "a.rec", **options: object) -> Recorder:
        started.append(Recorder(upstream, tmp_path / name, *key_file, **options))
        return started[-1]

    yield start
    for recorder in started:
        recorder.close()


def response(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode("latin-1") + b"\r\n\r\n" + body


@pytest.fixture(name="response")
def _response() -> Callable[..., bytes]:
    return response
