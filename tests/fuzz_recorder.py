"""`make fuzz-recorder`: nonsense from clients and from upstreams, over HTTP/1 and HTTP/2, a minute of each.

It must neither stop the recorder nor spoil the recording: at the end a plain request gets its answer, the recording
opens and accounts for every exchange, and no exception stands in the log. FUZZ_S=5 is shorter, FUZZ_SEED=N repeats.
"""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h2.config
import h2.connection

from recorder.recording import Recording
from recorder.verify import verify

REQUESTS = (
    b"GET /a HTTP/1.1\r\nHost: x\r\nCookie: sid=1\r\n\r\n",
    b"POST /b?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x84\x01\x02\x03\x04qkmc\x88\x80\x00\x00\x00\x00",
    b"HEAD / HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n",
)
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi\x88\x00",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
)
SPICE = (
    *(b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b" ", b":", b"0\r\n\r\n", b"-1", b"9" * 20, b"A" * 70_000),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x\r\n", b"Host: \r\n"),
    *(b"HTTP/1.1", b"HTTP/9.9", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"\x16\x03\x01\x02\x00\x01"),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
BAD_LOG = re.compile(r"Traceback|failed on|an add-on failed|Unhandled|crashed|never awaited|could not be")


def mutated(draw: random.Random, data: bytes) -> bytes:
    """The bytes with one to four small things wrong."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        to = min(len(data), at + draw.randint(1, 12))
        change = draw.choice(("insert", "delete", "flip", "repeat", "cut"))
        if change == "insert":
            data = data[:at] + draw.choice(SPICE) + data[at:]
        elif change == "delete":
            data = data[:at] + data[to:]
        elif change == "flip" and at < len(data):
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        elif change == "repeat":
            data = data[:to] + data[at:]
        elif change == "cut" and draw.random() < 0.3:
            data = data[:at]
    return data


def h2_transcript(draw: random.Random, *, client: bool) -> bytes:
    """What one side of an HTTP/2 connection says in good order, streams 1 to 5."""
    side = h2.connection.H2Connection(h2.config.H2Configuration(client_side=client, validate_outbound_headers=False))
    side.initiate_connection()
    if not client:
        peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        peer.initiate_connection()
        for stream in (1, 3, 5):
            head = [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")]
            peer.send_headers(stream, head, end_stream=True)
        side.receive_data(peer.data_to_send())
    for stream in (1, 3, 5):
        if client:
            head = [
                (":method", draw.choice(("GET", "POST"))),
                (":scheme", "http"),
                (":authority", "x"),
                (":path", "/h2"),
            ]
        else:
            head = [(":status", draw.choice(("200", "103", "404")))]
        side.send_headers(stream, [*head, ("x-a", "b" * draw.randrange(50))])
        side.send_data(stream, b"body" * draw.randrange(100), end_stream=draw.random() < 0.5)
        if draw.random() < 0.1:
            side.ping(b"12345678")
    return side.data_to_send()


def frame(draw: random.Random) -> bytes:
    """A frame of HTTP/2 by its header, of any type, flags and stream (RFC 9113, 4.1)."""
    payload = draw.randbytes(draw.choice((0, 1, 4, 5, 8, 40)))
    head = len(payload).to_bytes(3, "big") + bytes([draw.randrange(12), draw.choice((0, 1, 4, 5, 8, 37, 255))])
    return head + draw.choice((0, 1, 2, 3, 99, 1 << 31)).to_bytes(4, "big") + payload


def h1_message(draw: random.Random, messages: tuple[bytes, ...]) -> bytes:
    return b"".join(mutated(draw, draw.choice(messages)) for _ in range(draw.randint(1, 3)))


def h2_message(draw: random.Random, *, client: bool) -> bytes:
    good = h2_transcript(draw, client=client)
    begin = 24 if client and draw.random() < 0.9 else 0  # mostly with its preface whole
    if draw.random() < 0.5:
        return good + b"".join(frame(draw) for _ in range(draw.randint(1, 4)))
    return good[:begin] + mutated(draw, good[begin:])


class Upstream:
    """Says to each connection, after something came, what `say` gives."""

    def __init__(self, say: Callable[[], bytes]) -> None:
        self._say = say
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(0.5)
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                connection.sendall(self._say())


def talk(port: int, data: bytes, patience_s: float) -> bytes:
    """What comes for `data` until the recorder closes, or is silent for so long."""
    came = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(patience_s)
        connection.sendall(data)
        while chunk := connection.recv(65536):
            came += chunk
    return came


class Switch:
    """What the upstream says: nonsense while it is fuzzed, and at the end sense."""

    def __init__(self, say: Callable[[], bytes]) -> None:
        self.say = say

    def __call__(self) -> bytes:
        return self.say()


def fuzz(name: str, seed: int, for_s: float, folder: Path) -> Iterator[str]:
    """What is wrong after so long, in sentences; nothing, if all is well."""
    side, version = name.split("-")
    draw, lock = random.Random(f"{seed} {name}"), threading.Lock()

    def nonsense(client: bool) -> bytes:
        with lock:
            if version == "h2":
                return h2_message(draw, client=client)
            return h1_message(draw, REQUESTS if client else ANSWERS)

    def sense() -> bytes:
        return ANSWERS[0]

    upstream = Upstream(switch := Switch(sense if side == "client" else lambda: nonsense(client=False)))
    out = folder / f"{name}.rec"
    log = (folder / f"{name}.log").open("w+")
    command = ["-m", "scenarios.cli", "record", "--upstream", upstream.url, "--listen", "127.0.0.1:0", "-o", str(out)]
    recorder = subprocess.Popen(
        [sys.executable, "-P", *command, "--drain", "1s"], stdout=subprocess.PIPE, stderr=log, text=True
    )
    try:
        assert recorder.stdout is not None
        ready = recorder.stdout.readline()
        if not ready:
            yield f"the recorder did not start: {Path(log.name).read_text().strip()[-300:]}"
            return
        port = int(ready.split(" -> ")[0].rpartition(":")[2])
        sent = _pound(port, for_s, lambda: _asked(draw, lock, side, version, nonsense), recorder)
        if recorder.poll() is not None:
            yield f"the recorder ended with {recorder.returncode} after {sent} talks"
            return
        switch.say = sense
        if b"hello" not in talk(port, b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 5.0):
            yield "a plain request has no answer any more"
    finally:
        recorder.send_signal(signal.SIGTERM)
        said, _ = recorder.communicate(timeout=60)
    log.seek(0)
    lines = log.read().splitlines()
    yield from (f"its log says: {line.strip()}" for line in lines if BAD_LOG.search(line))
    yield from _faults_of(out, recorder.returncode)
    print(f"{name}: {sent} talks in {for_s:.0f} s; {said.strip()}", flush=True)  # noqa: T201


def _asked(draw: random.Random, lock: threading.Lock, side: str, version: str, nonsense: Callable[..., bytes]) -> bytes:
    if side == "client":
        return nonsense(client=True)
    with lock:
        return h2_transcript(draw, client=True) if version == "h2" else draw.choice(REQUESTS[:4])


def _pound(port: int, for_s: float, ask: Callable[[], bytes], recorder: "subprocess.Popen[str]") -> int:
    """Talks on eight connections at a time; how many."""
    ends_s, counts = time.monotonic() + for_s, [0] * 8

    def pound(number: int) -> None:
        while time.monotonic() < ends_s and recorder.poll() is None:
            talk(port, ask(), 0.05)
            counts[number] += 1

    threads = [threading.Thread(target=pound, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _faults_of(out: Path, code: int) -> Iterator[str]:
    if code != 0:
        yield f"the recorder ended with {code}"
    recording = Recording.open(out)
    stored = sum(1 for _ in recording.exchanges())
    yield from recording.tears
    counts = recording.manifest.counts
    yield from (f"{count} exchanges were {why}" for why, count in counts.dropped.items() if "could not" in why)
    if counts.unaccounted or stored != counts.stored or not recording.manifest.closed:
        yield f"the recording does not account for itself: {counts}, {stored} read"
    yield from (trouble for part in verify(out).parts for trouble in part.troubles)


def main() -> int:
    seed, for_s = int(os.environ.get("FUZZ_SEED") or time.time()), float(os.environ.get("FUZZ_S") or 60)
    print(f"FUZZ_SEED={seed} FUZZ_S={for_s:.0f}", flush=True)  # noqa: T201
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="foreshock-fuzz-") as folder:
        for name in sys.argv[1:] or ("client-h1", "client-h2", "upstream-h1", "upstream-h2"):
            for fault in fuzz(name, seed, for_s, Path(folder)):
                wrong += 1
                print(f"{name}: {fault}", flush=True)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
