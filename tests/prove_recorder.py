"""Kills real recorders under load at chance moments: `make prove-recorder`, 50 kills, about four minutes.

A recorder (`foreshock record`, in a process of its own) stands between sixteen clients, each of which asks as fast as
it is answered, and a system that answers at once; four more hold a WebSocket each, on which the system says something
every few milliseconds. It is killed with SIGKILL. Then the recording has to open, account for itself, repeat nothing,
hold no frame that is torn elsewhere than at its end, and hold every exchange whose answer, and every message that, had
come to its client a second before the kill.
"""

import argparse
import asyncio
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from recorder.recording import Recording
from recorder.verify import verify

ALLOWED_S = 1.0
CLIENTS = 16
SOCKETS = 4
SAYS_EVERY_S = 0.005
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}'
EXPECTED = ("its recorder did not end it", "is cut off")  # what a kill may do
_START_S = 30.0
_UPGRADE = (
    b"Host: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


class Kill(NamedTuple):
    answered: int  # exchanges whose answers, and messages which, had come to the clients
    stored: int
    lost: int
    lost_s: float  # from the end of the first of them to the kill
    troubles: list[str]


class Load:
    """Closed-loop clients and sockets; `answered_s` is when the answer to each path, or the message, came, on the
    monotonic clock."""

    def __init__(self, port: int) -> None:
        self.answered_s: dict[str, float] = {}
        self._port = port

    async def client(self, number: int) -> None:
        """Asks until the recorder is gone."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            for count in range(1_000_000):
                path = f"/clients/{number}/asks/{count}"
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: shop.example\r\nCookie: sid=client-{number:08}\r\n\r\n".encode()
                )
                await reader.readuntil(ANSWER[-11:])
                self.answered_s[path] = time.monotonic()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def socket(self, number: int) -> None:
        """Listens until the recorder is gone."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(f"GET /sockets/{number} HTTP/1.1\r\n".encode() + _UPGRADE)
            await reader.readuntil(b"\r\n\r\n")
            while True:
                _, size = await reader.readexactly(2)
                message = (await reader.readexactly(size)).decode()
                self.answered_s[f"/sockets/{number} {message}"] = time.monotonic()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def system() -> AsyncIterator[int]:
    """A server that answers every request at once; its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"Upgrade: websocket" in head:
                    await _talk_on(writer)
                writer.write(ANSWER)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _talk_on(writer: asyncio.StreamWriter) -> None:
    """Says 'message 1' and so on, in text frames, until nobody listens."""
    writer.write(_UPGRADED)
    for number in range(1_000_000):
        message = b"message %d" % number
        writer.write(bytes([0x81, len(message)]) + message)
        await writer.drain()
        await asyncio.sleep(SAYS_EVERY_S)


async def kill_one(out: Path, upstream: int, after_s: float) -> Kill:
    """What a recorder leaves that is killed `after_s` into its load."""
    recorder = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "scenarios.cli", "record", "--upstream", f"http://127.0.0.1:{upstream}",
        "--listen", "127.0.0.1:0", "-o", str(out), "--rotate", "20KB",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert recorder.stdout is not None
        ready = (await asyncio.wait_for(recorder.stdout.readline(), _START_S)).decode()
        load = Load(int(ready.split(" -> ")[0].rpartition(":")[2]))
        clients = asyncio.gather(
            *(load.client(number) for number in range(CLIENTS)), *(load.socket(number) for number in range(SOCKETS))
        )
        await asyncio.sleep(after_s)
    finally:
        recorder.send_signal(signal.SIGKILL)
        killed_s = time.monotonic()
        await recorder.wait()
    await clients
    return judge(out, {path: at_s for path, at_s in load.answered_s.items() if at_s < killed_s}, killed_s)


def judge(out: Path, answered_s: dict[str, float], killed_s: float) -> Kill:
    recording = Recording.open(out)
    stored, exchanges = set(), 0
    for exchange in recording.exchanges():
        exchanges += 1
        stored.add(exchange.request.url)
        stored |= {f"{exchange.request.url} {message.content.text}" for message in exchange.messages}
    troubles = [
        trouble
        for part in verify(out).parts
        for trouble in part.troubles
        if not any(expected in trouble for expected in EXPECTED)
    ]
    counts = recording.manifest.counts
    if counts.unaccounted or counts.stored > exchanges:
        troubles.append(f"it does not account for itself: {counts}, of which {exchanges} can be read")
    lost = [at_s for path, at_s in answered_s.items() if path not in stored]
    lost_s = killed_s - min(lost) if lost else 0.0
    if lost_s > ALLOWED_S:
        troubles.append(f"{len(lost)} exchanges of the last {lost_s:.2f} s are lost, {ALLOWED_S:.0f} s is allowed")
    return Kill(len(answered_s), len(stored), len(lost), lost_s, troubles)


async def prove(kills: int, seed: int) -> int:
    draw = random.Random(seed)
    found: list[Kill] = []
    with tempfile.TemporaryDirectory(prefix="foreshock-prove-") as folder:
        async with system() as upstream:
            for number in range(1, kills + 1):
                one = await kill_one(Path(folder) / f"{number}.rec", upstream, draw.uniform(0.3, 3.5))
                found.append(one)
                say = f"{one.answered} answered, {one.stored} stored, {one.lost} lost, of the last {one.lost_s:.2f} s"
                print(f"kill {number}: {say}{''.join(f'; {trouble}' for trouble in one.troubles)}", flush=True)  # noqa: T201
    failed = sum(bool(one.troubles) for one in found)
    lost_s = sorted(one.lost_s for one in found)
    print(  # noqa: T201
        f"{kills} kills (seed {seed}): {failed} recordings not as they must be; lost of the end: "
        f"median {statistics.median(lost_s):.2f} s, most {lost_s[-1]:.2f} s, allowed {ALLOWED_S:.2f} s"
    )
    return 1 if failed or not all(one.stored for one in found if one.answered > 5000) else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    sys.exit(asyncio.run(prove(options.kills, options.seed)))
