"""Servers on loopback of every kind, and plans against them."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foreshock.clock import Anchor
from replayer.connections import Connections
from replayer.outcome import Answer, Attempt
from replayer.plan import Body, Budget, Message, Request, Step
from replayer.runclock import RunClock
from replayer.sending import Sender
from replayer.target import Target, Tls
from replayer.wire.payload import payload

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server that does `talk` with whoever connects, for as long as the block lasts."""
    talks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(guarded(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 20, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0.01 if tls else 0)  # what was closed is let go in the loop's next turns


class Wire:
    """Sends steps on the connections of one replay, as the engine does: each goes at once, whoever else is slow."""

    def __init__(self, url: str, *, timeout_s: float = 2.0, body_bytes: int = 1 << 20, tls: Tls | None = None) -> None:
        self.target = Target.parse(url, tls)
        budget = Budget(step_timeout_s=timeout_s, body_bytes=body_bytes)
        self.clock = RunClock(Anchor.now())
        self.connections = Connections(self.target, self.clock, timeout_s)
        self._sender = Sender(self.connections, self.clock, budget)

    async def send(self, step: Step, lane: str | None = None) -> tuple[Attempt, Answer | None]:
        data = payload(step, step.request, self.target)
        return tuple(await self._sender.send(step, data, self.clock(), None, lane))  # type: ignore[return-value]

    async def all(self, steps: Sequence[Step]) -> list[tuple[Attempt, Answer | None]]:
        return list(await asyncio.gather(*(self.send(step) for step in steps)))

    async def __aenter__(self) -> "Wire":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connections.close()


def a_step(
    step: str = "s1",
    *,
    protocol: str = "http/1.1",
    method: str = "GET",
    target: str = "/",
    body: bytes = b"",
    connection: str = "c1",
    closes: bool = False,
    messages: tuple[Message, ...] = (),
    lasts_s: float = 0.0,
    **more: object,
) -> Step:
    return Step(
        id=step,
        due_s=0.0,
        session="a",
        route=f"{method} {target}",
        request=Request(method=method, target=target, body=Body.of(body), **more),  # type: ignore[arg-type]
        connection=connection,
        closes=closes,
        protocol=protocol,  # type: ignore[arg-type]
        messages=messages,
        lasts_s=lasts_s,
    )


@pytest.fixture
def step() -> Callable[..., Step]:
    return a_step


@pytest.fixture(name="listening")
def _listening() -> Callable[..., contextlib.AbstractAsyncContextManager[str]]:
    return listening


@pytest.fixture
def wire() -> type[Wire]:
    return Wire


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(file: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return file


class Pki:
    """A CA of a test, and certificates that it signs, in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = (
            self._builder("test CA", self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def certificate(self, name: str) -> Path:
        """A certificate for the host or client `name`, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            self._builder(name, key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(self._folder / f"{name}.pem", made, key)

    def server(self, *alpn: str, clients: bool = False) -> ssl.SSLContext:
        """For 'localhost'; with `clients` only for those whom the CA knows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate("localhost"))
        context.set_alpn_protocols(list(alpn))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca_file)
        return context

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder(_name("test CA"), _name(name), key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)
