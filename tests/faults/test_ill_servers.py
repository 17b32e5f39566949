"""Toxiproxies that are old, ill or something else: one clear error that names what, where and the mend, and nothing is
left half done. Each is a real server's API, the embedded one's, with its answers altered on the way."""

import asyncio
import http.server
import json
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from faults.catalogue import compile_fault
from faults.engine import Running, choose, running, tool_folders
from faults.fault import Fault, Window
from faults.network import LinkSpec, Network
from faults.probing import lacking
from faults.toxic import ATTRIBUTES, Toxic
from faults.toxiproxy import Server
from foreshock.errors import HarnessError

Reply = tuple[int, bytes]
Alter = Callable[[str, str, bytes], Reply | None]  # (method, path, body) -> its own answer, None: the server's


@pytest.fixture
def altered(url_of):
    """(alter) -> a context that gives the URL of the altered server; the true one is `altered.true`."""
    true = Server(url_of("embedded"))

    @contextmanager
    def serve(alter: Alter) -> Iterator[str]:
        class Between(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, reply = alter(self.command, self.path, body) or self.passed_on(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def passed_on(self, body: bytes) -> Reply:
                request = urllib.request.Request(true.url + self.path, body or None, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        return answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    with error:
                        return error.code, error.read()

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between) as between:
            thread = threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"http://127.0.0.1:{between.server_port}"
            finally:
                between.shutdown()
                thread.join()

    serve.true = true  # type: ignore[attr-defined]
    yield serve
    true.destroy_all()
    true.close()


def compiled(fault: Fault) -> list[Toxic]:
    """All its toxics."""
    return [toxic for level in compile_fault(fault, None).levels if isinstance(level, tuple) for toxic in level]


def only_child_of(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


STALL = Fault(id="f", link="pay", kind="stall", window=Window())


def fails(status: int, method: str, path: str, reply: bytes = b"boom") -> Alter:
    """The server fails at the calls of this method whose path ends so."""
    return lambda asked, at, _: (status, reply) if asked == method and at.endswith(path) else None


def stall_on(url: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Network], object] = lambda net: None):
    """Opens a network of one link on the server at `url`, stalls it, and leaves."""
    monkeypatch.setenv("TOXIPROXY_URL", url)

    async def check() -> None:
        spec = LinkSpec(name="pay", upstream="127.0.0.1:9")
        async with Network.open("auto", [spec], seed=0, run="ill") as net:
            conductor = net.conductor([STALL], {"pay": "pay"}, lambda: 0.0, 1.0)
            await conductor.start()
            meanwhile(net)
            await conductor.heal()

    asyncio.run(check())


# Old ones


@pytest.mark.parametrize("reply", [(405, b""), (404, b"404 page not found\n")])
def test_a_server_without_patch_is_told_with_post(altered, monkeypatch, reply):
    with altered(lambda method, path, body: reply if method == "PATCH" else None) as url:
        with closing(Server(url)) as server:
            proxy = server.create("127.0.0.1:9", "p")
            proxy.disable()
            assert not proxy.read()["enabled"]
            proxy.enable()
            assert proxy.read()["enabled"]
            proxy.destroy()
        stall_on(url, monkeypatch)
    assert altered.true.proxies() == {}


@pytest.mark.parametrize("version", [b"2.1.4", b"git"])
def test_a_version_in_plain_text_is_one_too(altered, version):
    with altered(fails(200, "GET", "/version", version)) as url, closing(Server(url)) as server:
        assert server.version() == version.decode()


def without(*types: str) -> Alter:
    """A server that was built before these toxics."""

    def alter(method: str, path: str, body: bytes) -> Reply | None:
        asked = json.loads(body).get("type") if method == "POST" and path.endswith("/toxics") else None
        return (400, b'{"error":"invalid toxic type","status":400}\n') if asked in types else None

    return alter


def test_what_a_server_lacks_is_found_out_by_asking_and_nothing_stays_of_it(altered):
    with altered(without("reset_peer", "slicer")) as url, closing(Server(url)) as server:
        assert lacking(server) == ("reset_peer", "slicer")
    assert altered.true.proxies() == {}


def test_a_whole_server_lacks_nothing(server):
    assert lacking(server, ATTRIBUTES) == ()
    assert server.proxies() == {}


def test_a_fault_that_needs_what_the_server_lacks_is_refused_by_name_with_the_mend(altered):
    async def check(url: str) -> None:
        async with running(Running(url=url), seed=0) as engine:
            reset = Fault(id="reset", link="l", kind="reset", window=Window())
            engine.check_has("stall", compile_fault(STALL, None).levels)
            said = (
                rf"fault 'reset' needs toxic reset_peer, which toxiproxy .* at {url} lacks: give it a newer Toxiproxy"
            )
            with pytest.raises(HarnessError, match=said):
                engine.check_has("reset", compile_fault(reset, None).levels)

    with altered(without("reset_peer")) as url:
        asyncio.run(check(url))


def test_a_server_that_fails_while_it_is_asked_is_one_clear_error_and_nothing_stays_of_it(altered):
    said = r"Toxiproxy at http://\S+: POST /proxies/foreshock-probe-\w+/toxics: 500: boom"
    with (
        altered(fails(500, "POST", "/toxics")) as url,
        closing(Server(url)) as server,
        pytest.raises(HarnessError, match=said),
    ):
        lacking(server)
    assert altered.true.proxies() == {}


# Ill ones


def test_a_server_that_makes_no_proxies_is_one_clear_error(altered, monkeypatch):
    said = r"Toxiproxy at http://\S+: POST /proxies: 500: boom"
    with altered(fails(500, "POST", "/proxies")) as url, pytest.raises(HarnessError, match=said):
        stall_on(url, monkeypatch)
    assert altered.true.proxies() == {}


def test_a_toxic_that_fails_half_way_leaves_neither_its_twin_nor_the_proxy(altered, monkeypatch):
    def second_one(method: str, path: str, body: bytes) -> Reply | None:
        downstream = b'"downstream"' in body and b"timeout" in body and b"foreshock-probe" not in path.encode()
        return (500, b"boom") if method == "POST" and path.endswith("/toxics") and downstream else None

    said = r"link pay: Toxiproxy at .*/toxics: 500: boom"
    with altered(second_one) as url, pytest.raises(HarnessError, match=said):
        stall_on(url, monkeypatch)
    assert altered.true.proxies() == {}


def test_a_proxy_that_is_none_is_one_clear_error(altered):
    with (
        altered(fails(201, "POST", "/proxies", b'{"name": "p"}')) as url,
        closing(Server(url)) as server,
        pytest.raises(HarnessError, match=r"http://\S+ is not a Toxiproxy: what it says of a proxy is none"),
    ):
        server.create("127.0.0.1:9", "p")


def test_what_can_not_even_be_taken_away_again_is_said_with_the_command_that_does(altered):
    def no_toxics_no_way_back(method: str, path: str, body: bytes) -> Reply | None:
        return (500, b"boom") if path.endswith("/toxics") or method == "DELETE" else None

    with altered(no_toxics_no_way_back) as url, closing(Server(url)) as server:
        said = rf"500: boom; proxy p could not be taken away: run `foreshock heal --toxiproxy {url}`"
        with pytest.raises(HarnessError, match=said):
            server.create("127.0.0.1:9", "p", toxics=compiled(STALL))


def test_a_server_that_answers_500_in_the_middle_is_said_when_it_is_healed(altered, monkeypatch):
    ill = threading.Event()

    def alter(method: str, path: str, body: bytes) -> Reply | None:
        return (500, b"boom") if ill.is_set() and method == "DELETE" else None

    with altered(alter) as url, pytest.raises(HarnessError, match=r"link pay: Toxiproxy at .*500: boom"):
        stall_on(url, monkeypatch, lambda net: ill.set())


@pytest.mark.toxiproxy
def test_a_server_of_ours_that_dies_in_the_middle_is_said_with_how_it_ended(monkeypatch, wire):
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    chosen = choose("toxiproxy", os.environ, tool_folders())

    async def check() -> None:
        async with running(chosen, seed=0) as engine:
            os.kill(only_child_of(engine.child.pid), signal.SIGKILL)
            await wire.eventually(lambda: not engine.toxics.running())
            with pytest.raises(HarnessError, match=r"GET /version: no connection \(.*\): it was ended by SIGKILL"):
                await asyncio.to_thread(engine.toxics.version)

    asyncio.run(check())
