"""TLS on both sides, for real: a CA and certificates made here, and HTTP/2 by the `h2` that mitmproxy brings."""

import datetime
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recorder.exchange import Exchange, header
from recorder.passing import CLIENT_FAILED, TLS_PASSED
from recorder.recording import Recording
from recorder.tally import Tally
from recorder.verify import verify

_SIGNS_CERTIFICATES = x509.KeyUsage(  # Python 3.13 asks a CA for it
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """A CA of our own. `ca` is its certificate's file; `issue` makes a key with a certificate for 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a CA for tests")])
        is_ca = x509.BasicConstraints(ca=True, path_length=None)
        self._cert = self._signed(self._name, self._key.public_key(), is_ca, _SIGNS_CERTIFICATES)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._cert.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        hosts = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"), x509.DNSName(name)]
        cert = self._signed(subject, key.public_key(), x509.SubjectAlternativeName(hosts))
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + cert.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(hours=1))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=not isinstance(extension, x509.SubjectAlternativeName))
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return builder.add_extension(authority, critical=False).sign(self._key, hashes.SHA256())


class TlsUpstream:
    """Answers each connection in a thread, over HTTP/2 if it was agreed on, with what the client showed."""

    def __init__(self, pem: Path, alpn: list[str], *, client_ca: Path | None = None, tls: bool = True) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._context.set_alpn_protocols(alpn)
        if client_ca is not None:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(client_ca)
        self._tls = tls
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            self._threads.append(threading.Thread(target=self._talk, args=(connection,)))
            self._threads[-1].start()

    def _talk(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) if self._tls else plain as connection:
                if not self._tls or connection.selected_alpn_protocol() == "h2":
                    _serve_h2(connection, self.heads)
                    return
                while head := _until(connection, b"\r\n\r\n"):
                    self.heads.append(head)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        except OSError:
            plain.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()  # first: until then there may be one more
        self._listener.close()
        for thread in self._threads:
            thread.join()


def _until(connection: socket.socket, mark: bytes) -> bytes:
    came = b""
    while not came.endswith(mark) and (chunk := connection.recv(1)):
        came += chunk
    return came


def _serve_h2(connection: socket.socket, heads: list[bytes]) -> None:
    """Every request gets 'hello' and a trailer, as gRPC does."""
    h2_connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    h2_connection.initiate_connection()
    connection.sendall(h2_connection.data_to_send())
    while data := connection.recv(65536):
        for event in h2_connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                heads.append(b"\r\n".join(name + b": " + value for name, value in event.headers))
            elif isinstance(event, h2.events.StreamEnded):
                h2_connection.send_headers(event.stream_id, [(":status", "200"), ("x-over", "h2")])
                h2_connection.send_data(event.stream_id, b"hello")
                h2_connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
        connection.sendall(h2_connection.data_to_send())


def h2_talk(connection: socket.socket, requests: list[tuple[str, bytes]]) -> list[h2.events.Event]:
    """Sends all requests (path, body) at once on streams of their own; what came until all had ended."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    client.initiate_connection()
    for path, body in requests:
        stream = client.get_next_available_stream_id()
        head = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "shop.example"),
            (":path", path),
            ("x-b", "1"),
        ]
        client.send_headers(stream, head)
        client.send_data(stream, body, end_stream=True)
    connection.sendall(client.data_to_send())
    came: list[h2.events.Event] = []
    while sum(isinstance(event, h2.events.StreamEnded) for event in came) < len(requests):
        data = connection.recv(65536)
        assert data, "the recorder closed the connection"
        came += client.receive_data(data)
        connection.sendall(client.data_to_send())
    return came


def exchanges(out: Path) -> list[Exchange]:
    recording = Recording.open(out)
    found = list(recording.exchanges())
    assert recording.tears == ()
    assert recording.manifest.counts.unaccounted == 0
    return found


def get(port: int, path: str = "/", context: ssl.SSLContext | None = None) -> http.client.HTTPResponse:
    """An answer of the recorder that was read; with a context over TLS, else not."""
    if context is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    else:
        client = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    client.request("GET", path)
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def upstream(authority: Authority) -> Iterator[Callable[..., TlsUpstream]]:
    started: list[TlsUpstream] = []

    def start(*alpn: str, **options: object) -> TlsUpstream:
        started.append(TlsUpstream(authority.issue("upstream"), list(alpn) or ["http/1.1"], **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_an_upstream_over_tls_is_checked_and_gets_its_own_name_as_host(record, upstream, authority) -> None:
    system = upstream("h2", "http/1.1")
    recorder = record(f"https://127.0.0.1:{system.port}", tls={"upstream_ca": str(authority.ca)})
    assert get(recorder.port, "/a").status == 200
    assert recorder.end()[0] == 0
    assert f"Host: 127.0.0.1:{system.port}\r\n".encode() in system.heads[0]  # over HTTP/1.1, as the client's was
    (exchange,) = exchanges(recorder.out)
    assert header(exchange.request.headers, "host") == f"127.0.0.1:{recorder.port}"
    assert exchange.response is not None
    assert exchange.response.content.raw == b"hello"


def test_an_upstream_whose_certificate_does_not_hold_is_an_error_unless_that_is_allowed_by_name(
    record, upstream
) -> None:
    system = upstream()
    recorder = record(f"https://127.0.0.1:{system.port}")
    assert get(recorder.port).status == 502
    code, _, stderr = recorder.end()
    assert code == 0
    assert "127.0.0.1: TLS failed with the upstream (1 connections)" in stderr
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is None
    assert (exchange.error or "").startswith("tls: certificate verify failed")
    recorder = record(f"https://127.0.0.1:{system.port}", tls={"insecure": True}, name="b.rec")
    assert get(recorder.port).status == 200
    assert recorder.end()[0] == 0


def test_an_upstream_that_asks_for_a_client_certificate_gets_ours(record, upstream, authority) -> None:
    system = upstream(client_ca=authority.ca)
    tls = {"upstream_ca": str(authority.ca), "client_certs": str(authority.issue("client"))}
    recorder = record(f"https://127.0.0.1:{system.port}", tls=tls)
    assert get(recorder.port).status == 200
    assert recorder.end()[0] == 0


def test_clients_get_the_certificate_that_was_given(record, serve, response, authority) -> None:
    recorder = record(serve(lambda _: response()).url, tls={"cert": str(authority.issue("front"))})
    assert recorder.ready_line.startswith("recording https://127.0.0.1:")
    assert get(recorder.port, context=ssl.create_default_context(cafile=authority.ca)).status == 200
    assert recorder.end()[0] == 0
    assert len(exchanges(recorder.out)) == 1


def test_http2_goes_through_on_both_sides_with_its_trailers(record, upstream, authority) -> None:
    system = upstream("h2", "http/1.1")
    tls = {"upstream_ca": str(authority.ca), "cert": str(authority.issue("front"))}
    recorder = record(f"https://127.0.0.1:{system.port}", tls=tls)
    context = ssl.create_default_context(cafile=authority.ca)
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        came = h2_talk(connection, [(f"/{number}", b"body") for number in range(3)])
    assert sum(isinstance(event, h2.events.TrailersReceived) for event in came) == 3
    assert b":path: /0" in system.heads[0]
    assert recorder.end()[0] == 0
    recorded = exchanges(recorder.out)
    assert {exchange.request.url for exchange in recorded} == {"/0", "/1", "/2"}
    assert {exchange.nth for exchange in recorded} == {1, 2, 3}
    first = recorded[0]
    assert first.response is not None
    assert (first.request.http_version, first.response.http_version) == ("HTTP/2.0", "HTTP/2.0")
    assert [(one.name, one.value) for one in first.request.headers] == [("host", "shop.example"), ("x-b", "1")]
    assert (first.request.post_data.raw, first.response.content.raw) == (b"body", b"hello")
    assert [(one.name, one.value) for one in first.response.trailers] == [("grpc-status", "0")]


def test_http2_without_tls_goes_through_by_prior_knowledge(record, upstream) -> None:
    system = upstream(tls=False)
    recorder = record(f"http://127.0.0.1:{system.port}")
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        came = h2_talk(connection, [("/a", b"1"), ("/b", b"2")])
    assert sum(isinstance(event, h2.events.TrailersReceived) for event in came) == 2
    assert recorder.end()[0] == 0
    assert {exchange.request.url for exchange in exchanges(recorder.out)} == {"/a", "/b"}


def test_http2_of_a_client_reaches_an_upstream_of_http1(record, serve, response, authority) -> None:
    system = serve(lambda _: response(b"hello"))
    recorder = record(system.url, tls={"cert": str(authority.issue("front"))})
    context = ssl.create_default_context(cafile=authority.ca)
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        came = h2_talk(connection, [("/a", b"1")])
    assert any(isinstance(event, h2.events.DataReceived) and event.data == b"hello" for event in came)
    assert system.seen[0].startswith(b"POST /a HTTP/1.1\r\nHost: shop.example\r\n")
    assert recorder.end()[0] == 0


def proxied(port: int, system: TlsUpstream, context: ssl.SSLContext) -> http.client.HTTPResponse:
    """An answer of `system` through the recorder as a client's HTTP proxy, in a tunnel of its own."""
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    client.set_tunnel("127.0.0.1", system.port)
    client.request("GET", "/tunnelled")
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer


def test_a_regular_proxy_records_what_is_in_the_tunnels_of_clients_that_trust_its_ca(
    record, upstream, authority, tmp_path
) -> None:
    system = upstream()
    tls = {"upstream_ca": str(authority.ca), "ca_folder": str(tmp_path / "ca")}
    recorder = record(None, mode="regular", tls=tls)
    context = ssl.create_default_context(cafile=tmp_path / "ca" / "mitmproxy-ca-cert.pem")
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # mitmproxy 11's CA lacks a key identifier
    assert proxied(recorder.port, system, context).status == 200
    code, _, stderr = recorder.end()
    assert code == 0
    assert f"clients have to trust {tmp_path / 'ca' / 'mitmproxy-ca-cert.pem'}" in stderr
    (exchange,) = exchanges(recorder.out)
    assert (exchange.request.url, exchange.request.method) == ("/tunnelled", "GET")
    assert header(exchange.request.headers, "host") == f"127.0.0.1:{system.port}"


def test_a_client_that_pins_is_let_through_after_its_first_refusal_and_counted(
    record, upstream, authority, tmp_path
) -> None:
    system = upstream()
    tls = {"upstream_ca": str(authority.ca), "ca_folder": str(tmp_path / "ca")}
    recorder = record(None, mode="regular", tls=tls)
    pins = ssl.create_default_context(cafile=authority.ca)
    with pytest.raises(ssl.SSLError):
        proxied(recorder.port, system, pins)
    assert proxied(recorder.port, system, pins).status == 200
    code, stdout, stderr = recorder.end()
    assert code == 0
    assert "127.0.0.1: TLS failed with the client (1 connections)" in stderr
    assert "127.0.0.1: TLS passed through (1 connections)" in stderr
    assert "0 seen, 0 stored" in stdout
    passed = Recording.open(recorder.out).manifest.passed
    assert passed == {what: Tally(by_host={"127.0.0.1": 1}) for what in (CLIENT_FAILED, TLS_PASSED)}
    assert "  not recorded: 127.0.0.1: TLS passed through (1 connections)" in verify(recorder.out).lines


def test_tls_where_none_is_served_goes_to_the_upstream_as_it_is(record, upstream, authority) -> None:
    system = upstream()
    recorder = record(f"http://127.0.0.1:{system.port}")
    assert get(recorder.port, context=ssl.create_default_context(cafile=authority.ca)).status == 200
    code, _, stderr = recorder.end()
    assert code == 0
    assert "127.0.0.1: TLS passed through (1 connections)" in stderr


def test_a_clients_certificate_makes_its_connections_one_session(record, serve, response, authority) -> None:
    recorder = record(serve(lambda _: response()).url, tls={"cert": str(authority.issue("front")), "ask_clients": True})
    plain = ssl.create_default_context(cafile=authority.ca)
    showing = ssl.create_default_context(cafile=authority.ca)
    showing.load_cert_chain(authority.issue("customer"))
    for path, context in (("/1", showing), ("/2", plain), ("/3", showing)):
        assert get(recorder.port, path, context=context).status == 200
    assert recorder.end()[0] == 0
    first, other, again = (exchange.session for exchange in exchanges(recorder.out))
    assert first == again != other
