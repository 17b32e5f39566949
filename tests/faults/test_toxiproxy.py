"""The adapter: what toxiproxy-python lacks, on both engines; and what it says of servers that are ill."""

import os
import socketserver
import threading
from contextlib import closing, contextmanager

import pytest

from faults.child import EmbeddedChild
from faults.engine import Binary, choose, tool_folders
from faults.toxic import Toxic
from faults.toxiproxy import Refused, Server
from foreshock.errors import HarnessError


@pytest.fixture
def server(engine):
    chosen = choose(engine, {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())
    child = EmbeddedChild(seed=0, toxiproxy=chosen.path if isinstance(chosen, Binary) else None)
    try:
        ready = child.wait_ready()
        with closing(Server(ready.toxiproxy or ready.api)) as server:
            yield server
    finally:
        child.stop()


SLOW = Toxic(name="slow", type="latency", attributes={"latency": 50, "jitter": 5})


def test_a_toxic_is_updated_and_read_back(server):
    proxy = server.create("127.0.0.1:1", "p", toxics=[SLOW])
    proxy.update_toxic(Toxic(name="slow", type="latency", toxicity=0.5, attributes={"latency": 70}))
    toxic = proxy.toxics()["slow"]
    assert (toxic.attributes, toxic.toxicity) == ({"latency": 70, "jitter": 5}, 0.5)


def test_names_are_quoted(server):
    proxy = server.create("127.0.0.1:1", "a b?c#d@2")
    proxy.add_toxic(Toxic(name="50% slow?", type="latency"))
    assert server.get_proxy("a b?c#d@2").listen == proxy.listen
    assert proxy.destroy_toxic("50% slow?")
    assert not proxy.destroy_toxic("50% slow?")


def test_a_proxy_is_created_with_its_toxics_or_not_at_all(server):
    with pytest.raises(Refused, match="toxic already exists"):
        server.create("127.0.0.1:1", "p", toxics=[SLOW, SLOW])
    assert server.proxies() == {}


def test_a_proxy_knows_what_the_server_said_last(server):
    proxy = server.create("127.0.0.1:1", "p")
    proxy.disable()
    assert not proxy.enabled
    proxy.update(upstream="127.0.0.1:2", enabled=True)
    assert (proxy.enabled, proxy.upstream) == (True, "127.0.0.1:2")
    assert server.proxies()["p"].upstream == "127.0.0.1:2"
    assert proxy.destroy()
    assert not proxy.destroy()


def test_what_the_server_refuses_is_said_with_its_reason_and_status(server):
    server.create("127.0.0.1:1", "p")
    with pytest.raises(Refused, match=r"POST /proxies: proxy already exists") as refused:
        server.create("127.0.0.1:1", "p")
    assert refused.value.status == 409
    with pytest.raises(Refused, match=r"500: listen tcp: address garbage: missing port in address") as refused:
        server.create("127.0.0.1:1", "q", listen="garbage")
    assert refused.value.status == 500


def test_reset_heals_every_proxy(server):
    proxy = server.create("127.0.0.1:1", "p", toxics=[SLOW])
    proxy.disable()
    server.reset()
    assert proxy.read()["toxics"] == []
    assert proxy.enabled


def test_the_librarys_own_methods_work_on_it(server):
    assert server.running()
    server.populate([{"name": "p", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"}])
    with server.get_proxy("p").down():
        assert not server.get_proxy("p").enabled
    assert server.get_proxy("p").enabled
    server.destroy_all()
    assert server.get_proxy("p") is None


@contextmanager
def answering(reply: bytes):
    """A server that says `reply` to whatever it is asked, and closes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def http(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", r"GET /proxies: no connection"),
        (b"", r"GET /proxies: no connection"),
        (http("500 Internal Server Error", "boom"), r"GET /proxies: 500: boom"),
        (http("503 Service Unavailable", ""), r"GET /proxies: 503: no reason given"),
        (http("302 Found", ""), r"GET /proxies: 302"),
        (http("200 OK", "<html>hello</html>"), r"is not a Toxiproxy: /proxies answered '<html>hello</html>'"),
        (http("200 OK", "[]"), r"is not a Toxiproxy: /proxies answered '\[\]'"),
    ],
)
def test_what_is_ill_or_something_else_is_one_clear_error(reply, message):
    with (
        answering(reply) as url,
        closing(Server(url)) as server,
        pytest.raises(HarnessError, match=message) as error,
    ):
        server.proxies()
    assert url in str(error.value)
    assert "\n" not in str(error.value)


def test_two_servers_in_one_process_do_not_meet():
    with (
        answering(http("200 OK", '{"version": "one"}')) as one_url,
        answering(http("200 OK", '{"version": "two"}')) as two_url,
        closing(Server(one_url)) as one,
        closing(Server(two_url)) as two,
    ):
        assert (one.version(), two.version(), one.version()) == ("one", "two", "one")
        host, _, port = two_url.removeprefix("http://").rpartition(":")
        one.update_api_consumer(host, int(port))
        assert one.version() == "two"


def test_a_proxy_for_the_internet_is_not_used_for_loopback(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    with answering(http("200 OK", '{"version": "here"}')) as url, closing(Server(url)) as server:
        assert server.version() == "here"
