"""Which engine is chosen, and what is said where it can't be had."""

import asyncio
import http.server
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from faults.child import EmbeddedChild
from faults.engine import Binary, Embedded, Running, choose, running, tool_folders
from faults.fault import Fault, Window
from faults.network import LinkSpec, Network
from faults.toxiproxy import Server
from foreshock.errors import ForeshockError, HarnessError, UsageError

URL = "http://127.0.0.1:8474"


@pytest.fixture
def tools(tmp_path):
    binary = tmp_path / "toxiproxy-server"
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    return tmp_path


def test_auto_takes_the_url_then_the_path_then_the_projects_folder_then_the_embedded_one(tools, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert choose("auto", {"TOXIPROXY_URL": URL, "PATH": str(tools)}, [tools]) == Running(url=URL)
    assert choose("auto", {"PATH": str(tools)}, [empty]) == Binary(path=tools / "toxiproxy-server")
    assert choose("auto", {"PATH": str(empty)}, [empty, tools]) == Binary(path=tools / "toxiproxy-server")
    assert choose("auto", {"PATH": str(empty)}, [empty]) == Embedded()


def test_embedded_is_embedded_whatever_is_there(tools):
    assert choose("embedded", {"TOXIPROXY_URL": URL, "PATH": str(tools)}, [tools]) == Embedded()


def test_toxiproxy_without_one_says_where_it_was_looked_for_and_what_helps(tmp_path):
    with pytest.raises(HarnessError, match=r"no TOXIPROXY_URL, .* PATH or in .tools: run `make toxiproxy`"):
        choose("toxiproxy", {"PATH": str(tmp_path)}, [tmp_path])


def test_no_such_engine_is_a_usage_error():
    with pytest.raises(UsageError, match="engine='magic': expected 'auto', 'toxiproxy' or 'embedded'"):
        choose("magic", {}, [])


@pytest.mark.parametrize("url", ["127.0.0.1", "ftp://127.0.0.1:1", "http://127.0.0.1:x", "http://:8474"])
def test_a_url_that_is_none_is_a_usage_error(url):
    with pytest.raises(UsageError, match=r"expected the control API's address, such as http://127.0.0.1:8474"):
        choose("auto", {"TOXIPROXY_URL": url}, [])


def test_a_server_beyond_loopback_is_refused():
    with pytest.raises(UsageError, match="expected a server on loopback"):
        choose("auto", {"TOXIPROXY_URL": "192.0.2.1:8474"}, [])


def test_the_scheme_may_be_left_out():
    assert choose("auto", {"TOXIPROXY_URL": "127.0.0.1:8474"}, []) == Running(url=URL)


def test_the_projects_folder_is_found_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert tool_folders()[0] == tmp_path / ".tools"
    assert (tool_folders()[1].parent / "pyproject.toml").exists()


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of an HTTP server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def _open(chosen) -> None:
    async with running(chosen, seed=0):
        raise AssertionError("it opened")


def test_a_url_where_nobody_listens_is_one_clear_error():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(HarnessError, match=rf"Toxiproxy at {url}: GET /version: no connection"):
            asyncio.run(_open(Running(url=url)))


def test_a_url_that_hangs_is_one_clear_error(monkeypatch):
    monkeypatch.setattr("faults.engine.Server", partial(Server, read_s=0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(HarnessError, match=r"GET /version: no answer within 0.2 s; it hangs"):
            asyncio.run(_open(Running(url=url)))


def test_a_url_of_something_else_is_one_clear_error():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with serving(Quiet) as url, pytest.raises(HarnessError, match=rf"{url} is not a Toxiproxy: .* answered 404"):
        asyncio.run(_open(Running(url=url)))


def test_a_binary_that_cannot_run_is_one_clear_error(tmp_path):
    broken = tmp_path / "toxiproxy-server"
    broken.write_bytes(b"\x7fELF no")
    broken.chmod(0o755)
    with pytest.raises(HarnessError, match=r"did not start: .*ended at once, .*is it a Toxiproxy server"):
        asyncio.run(_open(Binary(path=broken)))


def test_a_binary_that_dies_is_one_clear_error(tools):
    with pytest.raises(HarnessError, match=r"ended at once, with exit code 1"):
        asyncio.run(_open(Binary(path=tools / "toxiproxy-server")))


@pytest.fixture
def other_server():
    """A Toxiproxy that was there before us: (url, pid). It is the embedded one, which speaks the same API."""
    child = EmbeddedChild(seed=0)
    try:
        yield child.wait_ready().api, child.pid
    finally:
        child.stop()


def test_a_server_that_we_were_pointed_at_keeps_running_without_our_proxies(other_server, monkeypatch, wire):
    url, _ = other_server
    monkeypatch.setenv("TOXIPROXY_URL", url)

    async def check():
        async with wire.Upstream() as upstream:
            links = [LinkSpec(name="p", upstream=upstream.address)]
            server = Server(url)
            server.create("127.0.0.1:1", "somebody else's")
            async with (
                Network.open("auto", links, seed=0, run="mine") as net,
                await wire.Client.to(net.address("p")) as client,
            ):
                assert net.engine.startswith("toxiproxy ")
                assert sorted(server.proxies()) == ["foreshock-mine-p", "somebody else's"]
                assert (await client.ask())[0] == b"hello\n"
            assert sorted(server.proxies()) == ["somebody else's"]
            server.close()

    asyncio.run(check())


def test_a_server_whose_proxies_are_out_of_reach_is_one_clear_error(monkeypatch):
    """A Toxiproxy in a container, whose API alone is published."""

    class Contained(http.server.BaseHTTPRequestHandler):
        def answer(self, **value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer(version="2.12.0", enabled=True, listen="127.0.0.1:1", upstream="x", name="p", toxics=[])

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    async def check(url: str) -> None:
        monkeypatch.setenv("TOXIPROXY_URL", url)
        async with Network.open("auto", [LinkSpec(name="p", upstream="127.0.0.1:1")], seed=0, run="r"):
            raise AssertionError("it opened")

    with (
        serving(Contained) as url,
        pytest.raises(HarnessError, match=r"listens at 127.0.0.1:1, where nothing can be reached .* in a container"),
    ):
        asyncio.run(check(url))


def test_a_server_that_hangs_is_said_loudly_and_the_link_goes_around_it(other_server, monkeypatch, wire):
    url, pid = other_server
    monkeypatch.setenv("TOXIPROXY_URL", url)
    monkeypatch.setattr("faults.engine.Server", partial(Server, read_s=0.3))

    async def check():
        async with wire.Upstream() as upstream:
            links = [LinkSpec(name="p", upstream=upstream.address)]
            with pytest.raises(ForeshockError, match="it hangs"):
                async with Network.open("auto", links, seed=0, run="mine") as net:
                    fault = Fault(id="f", link="p", kind="stall", window=Window())
                    conductor = net.conductor([fault], {"p": "p"}, lambda: 0.0, 1.0)
                    await conductor.start()
                    os.kill(pid, signal.SIGSTOP)
                    try:
                        with pytest.raises(HarnessError, match=r"link p: .*no answer within 0.3 s; it hangs"):
                            await conductor.heal()
                        async with await wire.Client.to(net.address("p")) as client:
                            assert (await client.ask())[0] == b"hello\n"
                        await net.heal()
                    finally:
                        os.kill(pid, signal.SIGCONT)

    asyncio.run(check())


def test_a_real_server_that_we_started_is_gone_afterwards(engine, tmp_path):
    chosen = choose(engine, {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())

    async def check():
        async with running(chosen, seed=0) as one:
            return one.toxics.url, Path(f"/proc/{one.child.pid}")

    url, process = asyncio.run(check())
    server = Server(url)
    assert not server.running()
    assert not process.exists()
    server.close()
