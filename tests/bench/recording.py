"""The recorder against `mitmdump -w`, in turns: rates, added latency, size on disk, and what is lost under load.

BENCH_S=60 loads the recorder for a minute at 80 % of its maximum, instead of 15 seconds.
"""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from load import PLAIN, PlainServer, Talk, load
from mitmproxy.certs import create_ca

ROUNDS = 3
ROUND_S = 3.0
CONNECTIONS = 16
CALM_RATE = 200.0  # requests a second that both bear easily: there latency is the proxy's, not the queue's
_START_S = 20.0
_WRITTEN_S = 1.5  # until what waits in the queue has been redacted and written

Figures = list[tuple[str, list[float], str]]
Side = Callable[[], tuple[Path, list[str], str]]  # what to write, the command, and how it is told where to listen


def _json_talk() -> Talk:
    """An order with a dozen of fields, some of them private: 1.5 KB, as APIs answer."""
    items = [{"sku": f"SKU-{n:05}", "quantity": n, "price": 1999 + n, "name": f"Thing number {n}"} for n in range(12)]
    person = {"email": "ada.lovelace@example.org", "name": "Ada", "phone": "+44 20 7946 0000", "country": "GB"}
    body = json.dumps({"order": 4711, "customer": person, "token": "t-5f3c9a1e77d24b", "items": items}).encode()
    login = json.dumps({"email": person["email"], "password": "correct horse battery"}).encode()
    head = b"Host: bench\r\nCookie: sid=0123456789abcdef0123\r\nAuthorization: Bearer abcdef0123456789\r\n"
    kind = b"Content-Type: application/json\r\nContent-Length: "
    return Talk(
        b"POST /orders?api_key=k-123456789012 HTTP/1.1\r\n" + head + kind + b"%d\r\n\r\n" % len(login) + login,
        b"HTTP/1.1 200 OK\r\n" + kind + b"%d\r\n\r\n" % len(body) + body,
    )


JSON = _json_talk()


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    certificate = _certificate(folder)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    figures: Figures = []
    with PlainServer() as upstream:
        sides = Sides(folder / "plain", upstream)
        figures += [("requests/s, foreshock record / mitmdump -w (more is better)", await sides.rates(PLAIN), "x")]
        figures += [("exchanges for one second of CPU (more is better)", sides.cpu, "x")]
        figures += await sides.latency()
        figures += await sides.lost()
        sides = Sides(folder / "tls", upstream, cert=certificate)
        figures += [("requests/s over TLS (more is better)", await sides.rates(PLAIN, trusting), "x")]
        figures += [("exchanges over TLS for one second of CPU (more is better)", sides.cpu, "x")]
    with PlainServer(JSON) as upstream:
        sides = Sides(folder / "json", upstream)
        rates = await sides.rates(JSON)
        figures += [("requests/s of JSON with much to redact (more is better)", rates, "x")]
        figures += [("exchanges of it for one second of CPU (more is better)", sides.cpu, "x")]
        figures += [("bytes on disk of an exchange of JSON (less is better)", sides.sizes, "x")]
    return figures


class Took(NamedTuple):
    """What a load took: `cpu_s` and `disk_bytes` of one exchange."""

    rate: float
    cpu_s: float
    disk_bytes: float


class Sides:
    """Starts recorder and mitmdump in turns before one upstream."""

    def __init__(self, folder: Path, upstream: str, cert: Path | None = None) -> None:
        self.sizes: list[float] = []
        self.cpu: list[float] = []
        self.most = 0.0
        self._folder = folder
        self._upstream = upstream
        self._cert = cert
        self._started = 0
        folder.mkdir()

    async def rates(self, talk: Talk, tls: ssl.SSLContext | None = None) -> list[float]:
        ratios = []
        for _ in range(ROUNDS):
            recorded, dumped = [await self._took(side, talk, tls) for side in (self._recorder, self._mitmdump)]
            self.most = max(self.most, recorded.rate)
            self.cpu.append(dumped.cpu_s / recorded.cpu_s)
            self.sizes.append(recorded.disk_bytes / dumped.disk_bytes)
            ratios.append(recorded.rate / dumped.rate)
        return ratios

    async def _took(self, side: Side, talk: Talk, tls: ssl.SSLContext | None) -> "Took":
        out, arguments, listen = side()
        async with _proxy(arguments, listen) as (address, _, pid):
            before_s = _cpu_s(pid)
            done = await load(address, CONNECTIONS, ROUND_S, talk=talk, tls=tls)
            await asyncio.sleep(_WRITTEN_S)
            cpu_s = _cpu_s(pid) - before_s
        disk_bytes = sum(file.stat().st_size for file in (out.iterdir() if out.is_dir() else [out]))
        return Took(done.rate, cpu_s / done.answers, disk_bytes / done.answers)

    async def latency(self) -> Figures:
        """Added latency of both at a rate that both bear."""
        ratios: dict[float, list[float]] = {0.5: [], 0.99: []}
        for _ in range(ROUNDS):
            direct = await load(self._upstream, CONNECTIONS, ROUND_S, rate=CALM_RATE)
            done = []
            for side in (self._recorder, self._mitmdump):
                _, arguments, listen = side()
                async with _proxy(arguments, listen) as (address, *_):
                    await load(address, CONNECTIONS, 0.5)  # its caches are warm then
                    done.append(await load(address, CONNECTIONS, ROUND_S, rate=CALM_RATE))
            for share, each in ratios.items():
                recorded_s, dumped_s = (one.quantile_s(share) - direct.quantile_s(share) for one in done)
                each.append(recorded_s / dumped_s)
        what = f"added p{{:.0f}} latency at {CALM_RATE:.0f} requests/s, record / mitmdump -w (less is better)"
        return [(what.format(100 * share), each, "x") for share, each in ratios.items()]

    async def lost(self) -> Figures:
        """Exchanges that had an answer and are not stored, at 80 % of the highest rate that was seen."""
        for_s = float(os.environ.get("BENCH_S", "15"))
        _, arguments, listen = self._recorder()
        async with _proxy(arguments, listen) as (address, said, _):
            done = await load(address, CONNECTIONS, for_s, rate=0.8 * self.most)
        stored = re.search(r"(\d+) stored", "".join(said))
        lost = done.answers - int(stored[1]) if stored else float("nan")
        held = done.answers / for_s / (0.8 * self.most)
        what = f"exchanges lost of {done.answers} in {for_s:.0f} s at 80 % of its maximum ({held:.0%} of it held)"
        return [(what, [lost], "")]

    def _recorder(self) -> tuple[Path, list[str], str]:
        out = self._next(".rec")
        command = ["-m", "scenarios.cli", "record", "--upstream", f"http://{self._upstream}", "-o", str(out)]
        cert = ["--cert", str(self._cert)] if self._cert else []
        return out, [*command, *cert, "--listen"], "127.0.0.1:{port}"

    def _mitmdump(self) -> tuple[Path, list[str], str]:
        out = self._next(".mitm")
        start = "from mitmproxy.tools.main import mitmdump; mitmdump()"
        mode = f"reverse:http://{self._upstream}"
        cert = ["--certs", str(self._cert)] if self._cert else []
        command = ["-c", start, "-q", "--mode", mode, "-w", str(out), *cert, "--listen-host", "127.0.0.1"]
        return out, [*command, "--listen-port"], "{port}"

    def _next(self, suffix: str) -> Path:
        self._started += 1
        return self._folder / f"{self._started}{suffix}"


def _certificate(folder: Path) -> Path:
    """A key with a certificate that nobody checks here."""
    from cryptography.hazmat.primitives import serialization

    key, cert = create_ca(organization="bench", cn="bench", key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "bench.pem"
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()) + cert.public_bytes(encoding))
    return path


def _cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used so far, where there is a /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _proxy(arguments: Sequence[str], listen: str) -> AsyncIterator[tuple[str, list[str], int]]:
    """(address, what it said: there once it has ended, process id)"""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", *arguments, listen.format(port=port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said: list[str] = []
    try:
        async with asyncio.timeout(_START_S):
            while not await _accepts(port):  # noqa: ASYNC110  another process: there is no event to wait for
                await asyncio.sleep(0.05)
        yield f"127.0.0.1:{port}", said, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        said.append((await process.communicate())[0].decode())


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
