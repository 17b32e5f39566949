"""Every way in which traffic comes to a recorder, as far as it can be tried without privileges."""

import contextlib
import http.client
import signal
import socket
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from recorder.exchange import Exchange
from recorder.recording import Recording


def exchanges(out: Path) -> list[Exchange]:
    recording = Recording.open(out)
    found = list(recording.exchanges())
    assert recording.tears == ()
    assert recording.manifest.counts.unaccounted == 0
    return found


def get(port: int, target: str = "/") -> bytes:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", target)
    body = client.getresponse().read()
    client.close()
    return body


def test_the_path_decides_over_the_upstream(serve, response, record) -> None:
    api, rest = serve(lambda _: response(b"api")), serve(lambda _: response(b"rest"))
    recorder = record(None, upstreams=[rest.url, f"/api={api.url}"])
    client = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=10)
    said = []
    for path in ("/", "/api", "/api/x?y", "/apiary"):
        client.request("GET", path)
        said.append(client.getresponse().read())
    client.close()
    assert said == [b"rest", b"api", b"api", b"rest"]
    assert f"Host: 127.0.0.1:{recorder.port}\r\n".encode() in api.seen[0]
    assert recorder.end()[0] == 0
    assert {exchange.connection for exchange in exchanges(recorder.out)} == {exchanges(recorder.out)[0].connection}
    assert Recording.open(recorder.out).manifest.upstream == f"{rest.url} {api.url}"


def test_each_port_may_have_its_own_upstream(serve, response, record) -> None:
    first, second = serve(lambda _: response(b"first")), serve(lambda _: response(b"second"))
    recorder = record(first.url, listens=["127.0.0.1:0", f"127.0.0.1:0={second.url}"])
    assert [get(port) for port in recorder.ports] == [b"first", b"second"]
    assert recorder.end()[0] == 0
    assert len(exchanges(recorder.out)) == 2


def test_a_regular_proxy_records_what_clients_ask_of_anybody(serve, response, record, tmp_path) -> None:
    system = serve(lambda _: response(b"hello"))
    recorder = record(None, mode="regular", tls={"ca_folder": str(tmp_path / "ca")})
    assert get(recorder.port, f"{system.url}/there?q=1") == b"hello"
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.request.url == "/there?q=1"
    manifest = Recording.open(recorder.out).manifest
    assert manifest.hosts.by_host == {"127.0.0.1": 1}
    assert manifest.systems == "regular http://127.0.0.1"


def test_a_proxy_behind_the_recorder_gets_what_clients_ask(serve, response, record, tmp_path) -> None:
    proxy = serve(lambda _: response(b"from the proxy"))
    recorder = record(None, mode=f"upstream:{proxy.url}", tls={"ca_folder": str(tmp_path / "ca")})
    assert get(recorder.port, "http://shop.example/there") == b"from the proxy"
    assert proxy.seen[0].startswith(b"GET http://shop.example/there HTTP/1.1\r\n")
    assert recorder.end()[0] == 0
    assert len(exchanges(recorder.out)) == 1
    assert Recording.open(recorder.out).manifest.hosts.by_host == {"shop.example": 1}


def _socks5(port: int, to_port: int) -> socket.socket:
    """A connection to 127.0.0.1:to_port by way of a SOCKS5 proxy (RFC 1928)."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(b"\x05\x01\x00")
    assert connection.recv(2, socket.MSG_WAITALL) == b"\x05\x00"
    connection.sendall(b"\x05\x01\x00\x01" + socket.inet_aton("127.0.0.1") + to_port.to_bytes(2, "big"))
    assert connection.recv(10, socket.MSG_WAITALL)[1] == 0
    return connection


def test_a_socks_proxy_records_http_and_counts_what_is_not(serve, response, record, tmp_path) -> None:
    system = serve(lambda _: response(b"hello"))
    recorder = record(None, mode="socks5", tls={"ca_folder": str(tmp_path / "ca")})
    with _socks5(recorder.port, system.port) as connection:
        connection.sendall(b"GET /by-socks HTTP/1.1\r\nHost: Shop.Example:80\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    with socket.create_server(("127.0.0.1", 0)) as other, _socks5(recorder.port, other.getsockname()[1]) as connection:
        connection.sendall(b"\x00\x01\x02 not http")
        accepted, _ = other.accept()
        with accepted:
            assert accepted.recv(4096) == b"\x00\x01\x02 not http"
    code, _, stderr = recorder.end()
    assert code == 0
    assert "127.0.0.1: not HTTP, passed through (1 connections)" in stderr
    assert [exchange.request.url for exchange in exchanges(recorder.out)] == ["/by-socks"]
    manifest = Recording.open(recorder.out).manifest
    assert manifest.hosts.by_host == {"shop.example": 1, "127.0.0.1": 1}  # by its name, and where it was sent to
    assert manifest.passed["not HTTP, passed through"].by_host == {"127.0.0.1": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="transparent mode reads SO_ORIGINAL_DST as Linux has it")
def test_a_transparent_proxy_listens_and_refuses_who_was_not_redirected_to_it(record, tmp_path) -> None:
    recorder = record(None, mode="transparent", tls={"ca_folder": str(tmp_path / "ca")})
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(4096) == b""
    code, _, stderr = recorder.end()
    assert code == 0
    assert "Transparent mode failure" in stderr


def test_an_exchange_under_way_is_finished_before_the_end_and_idle_connections_are_closed(
    serve, response, record
) -> None:
    arrived, release = threading.Event(), threading.Event()

    def answer(request: bytes) -> bytes:
        if b"/slow" in request:
            arrived.set()
            assert release.wait(10)
        return response(b"answered")

    recorder = record(serve(answer).url)
    idle = socket.create_connection(("127.0.0.1", recorder.port), timeout=10)
    busy = socket.create_connection(("127.0.0.1", recorder.port), timeout=10)
    with idle, busy:
        idle.sendall(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096).endswith(b"answered")
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert arrived.wait(10)
        recorder.process.send_signal(signal.SIGTERM)
        assert idle.recv(4096) == b""  # closed, while the other one is awaited
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", recorder.port), timeout=10)
        release.set()
        assert busy.recv(4096).endswith(b"answered")
        stdout, _ = recorder.process.communicate(timeout=20)
    assert "2 seen, 2 stored" in stdout
    assert {exchange.request.url for exchange in exchanges(recorder.out)} == {"/first", "/slow"}


def test_a_second_signal_ends_it_at_once(serve, record) -> None:
    arrived, release = threading.Event(), threading.Event()

    def answer(_: bytes) -> None:
        arrived.set()
        release.wait(20)

    recorder = record(serve(answer).url, drain_s=60)
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert arrived.wait(10)
        recorder.process.send_signal(signal.SIGTERM)
        give_up_s = time.monotonic() + 10
        while True:  # the first one has come when nobody listens any more
            try:
                socket.create_connection(("127.0.0.1", recorder.port), timeout=10).close()
            except ConnectionError:  # refused, or reset in the moment of closing
                break
            assert time.monotonic() < give_up_s
        code, stdout, _ = recorder.end()
        release.set()
    assert code == 0
    assert "1 dropped (unfinished when the recording ended)" in stdout


@pytest.mark.skipif(
    sys.platform != "linux" or not version("mitmproxy").startswith("11."), reason="elsewhere it depends on privileges"
)
def test_a_mode_that_the_system_does_not_have_is_one_line_and_leaves_nothing(record, tmp_path) -> None:
    with pytest.raises(AssertionError, match="mode=local:x cannot be served here: OS proxy mode is only available on"):
        record(None, mode="local:x", tls={"ca_folder": str(tmp_path / "ca")})
    assert not (tmp_path / "a.rec").exists()
