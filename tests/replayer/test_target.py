import asyncio
import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foreshock.errors import UsageError
from replayer.engine import replay
from replayer.outcome import History
from replayer.plan import Body, Header, Request, Step
from replayer.target import Target
from replayer.wire.http1text import Unsendable, written

PLAIN = Target.parse("http://127.0.0.1:8080/api/")


def test_a_target_says_host_port_prefix_and_whether_tls_is_spoken() -> None:
    assert (PLAIN.host, PLAIN.port, PLAIN.authority, PLAIN.prefix, PLAIN.tls) == (
        "127.0.0.1",
        8080,
        "127.0.0.1:8080",
        "/api",
        None,
    )
    secure = Target.parse("https://staging.example")
    assert (secure.port, secure.authority, secure.prefix) == (443, "staging.example", "")
    assert secure.tls is not None
    assert not secure.tls.insecure


@pytest.mark.parametrize("url", ["https://user@staging.example", "http://user:s3cret@127.0.0.1:1/api"])
def test_credentials_in_the_url_are_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="a user or password in the URL is not sent") as refused:
        Target.parse(url)
    assert "user@" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_host_and_length_are_ours_and_everything_else_is_the_templates() -> None:
    request = Request(
        method="POST",
        target="/orders?x=%2f",
        headers=(
            ("accept", "*/*"),
            ("HOST", "shop.example"),
            ("Content-Length", "999"),
            ("Connection", "keep-alive"),
            ("Transfer-Encoding", "chunked"),
            ("X-B", "2"),
            ("X-A", "caf\xe9"),
        ),
        body=Body(text="{}"),
    )
    assert written(request, PLAIN) == (
        b"POST /api/orders?x=%2f HTTP/1.1\r\nHOST: 127.0.0.1:8080\r\naccept: */*\r\nX-B: 2\r\nX-A: caf\xe9\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(("method", "says_length"), [("GET", False), ("DELETE", False), ("POST", True), ("PUT", True)])
def test_without_a_body_a_length_is_said_where_one_is_expected(method: str, says_length: bool) -> None:
    assert (b"Content-Length: 0" in written(Request(method=method, target="/"), PLAIN)) is says_length


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", target="/a b"),
        Request(method="GET", target="/a\r\nX: 1"),
        Request(method="GET /", target="/"),
        Request(method="GET", target="/", headers=(("X", "secret\nY: 2"),)),
        Request(method="GET", target="/", headers=(("X Y", "1"),)),
    ],
)
def test_a_request_that_would_become_another_one_is_unsendable(request_: Request) -> None:
    with pytest.raises(Unsendable, match=r"^unsendable: ") as refused:
        written(request_, PLAIN)
    assert "secret" not in str(refused.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.DNSName("localhost")
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "server.pem"
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return file


def over_tls(certificate: Path, step: Step, response: bytes) -> History:
    async def run() -> History:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response)
            await writer.drain()
            writer.close()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            return await replay(Header(name="p"), [step], f"https://localhost:{port}")

    return asyncio.run(run())


def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(
    certificate: Path, step: Callable[..., Step], response: Callable[..., bytes]
) -> None:
    (outcome,) = over_tls(certificate, step("s1", method="GET"), response()).outcomes
    assert outcome.attempts[0].error == "tls: CERTIFICATE_VERIFY_FAILED"


def test_a_certificate_that_the_environment_trusts_is(
    certificate: Path, step: Callable[..., Step], response: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (outcome,) = over_tls(certificate, step("s1", method="GET"), response(b"safe")).outcomes
    assert outcome.answer is not None
    assert outcome.answer.body == b"safe"
