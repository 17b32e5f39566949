"""The services as processes: how they start, refuse to start, and end."""

import os
import socket
import subprocess
import sys
import time

import pytest


def run(module, *arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-P", "-m", f"scenarios.shop.{module}", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
    )


def arguments(module, folder, listen="127.0.0.1:0") -> list[str]:
    more = ["--payments", "http://127.0.0.1:9"] if module == "storefront" else []
    return ["--listen", listen, "--database", str(folder / "shop.db"), *more]


@pytest.mark.parametrize("module", ["storefront", "payments"])
def test_a_port_in_use_is_one_line_and_exit_3(module, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(module, *arguments(module, tmp_path, f"127.0.0.1:{port}"))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.count("\n") == 1
    assert f"can't listen on 127.0.0.1:{port}: Address already in use" in ended.stderr


@pytest.mark.parametrize("module", ["storefront", "payments"])
def test_a_database_that_is_none_is_one_line_and_exit_3(module, tmp_path):
    (tmp_path / "shop.db").write_text("this is a letter, not a database" * 100)
    ended = run(module, *arguments(module, tmp_path))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == f"{module}: can't open the database: file is not a database; check --database\n"


def test_shop_fixed_is_0_or_1(tmp_path):
    ended = run("storefront", *arguments("storefront", tmp_path), SHOP_FIXED="yes")
    assert (ended.returncode, ended.stderr) == (2, "storefront: SHOP_FIXED='yes': expected 0 or 1\n")


@pytest.mark.parametrize("module", ["storefront", "payments"])
def test_sigterm_ends_it_quickly_with_0_whoever_is_connected(module, tmp_path, lab):
    extra = arguments(module, tmp_path)[2:]
    process = lab.Process(module, *extra, fixed=True)
    with socket.create_connection(("127.0.0.1", process.port)) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 OK")
        began_s = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - began_s < 2
    assert process.lines[-1].rstrip().endswith("stopped")


def test_half_a_request_is_no_request(first_release):
    head = b"POST /charges HTTP/1.1\r\nHost: payments\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", first_release.payments.port), timeout=5) as connection:
        connection.sendall(head + b'{"order_id": 1, "amount_cents": 1')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert first_release.rows("payments", "SELECT count(*) FROM charges") == [(0,)]


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: 99999999"])
def test_a_body_it_cannot_read_is_refused(first_release, header):
    with socket.create_connection(("127.0.0.1", first_release.storefront.port), timeout=5) as connection:
        connection.sendall(f"POST /login HTTP/1.1\r\nHost: shop\r\n{header}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
