import asyncio
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from foreshock.ask import Answered, Unanswered, accepts, ask

BIG = 300_000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        released: threading.Event = self.server.released  # type: ignore[attr-defined]
        if self.path == "/garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH\r\n")
        elif self.path == "/silent":
            released.wait(5)
        elif self.path == "/cut":
            self.reply(b"abc", length=10)
        elif self.path == "/endless":
            self.reply(b"a" * BIG, length=None)
        elif self.path == "/until-the-end":
            self.reply(b"abc", length=None)
        else:
            self.reply(f"{self.command} {self.path} {self.headers['Host']}".encode())

    do_POST = do_GET

    def reply(self, body: bytes, length: int | None = -1) -> None:
        self.send_response(200)
        self.send_header("X-Twice", "1")
        self.send_header("x-twice", "2")
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.released = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def answer(url: str, method: str = "GET", timeout_s: float = 5.0) -> Answered:
    return asyncio.run(ask(method, url, timeout_s=timeout_s, max_bytes=BIG - 1))


def test_an_answer_comes_whole_with_headers_in_lower_case(url: str) -> None:
    host = url.removeprefix("http://")
    found = answer(f"{url}/a?b=c", "POST")
    assert (found.status, found.body) == (200, f"POST /a?b=c {host}".encode())
    assert found.headers["x-twice"] == "1, 2"


def test_a_body_without_a_length_ends_with_its_connection(url: str) -> None:
    assert answer(f"{url}/until-the-end").body == b"abc"


@pytest.mark.parametrize(
    ("path", "why"),
    [("/cut", "cut"), ("/endless", f"more than {BIG - 1} bytes"), ("/garbage", "not HTTP: ")],
)
def test_what_is_no_whole_answer_says_why(path: str, why: str, url: str) -> None:
    with pytest.raises(Unanswered) as caught:
        answer(url + path)
    assert str(caught.value).startswith(why)


def test_silence_ends_at_the_timeout(url: str) -> None:
    with pytest.raises(Unanswered, match=r"timeout after 0\.1 s"):
        answer(f"{url}/silent", timeout_s=0.1)


def test_nobody_there_is_refused(url: str) -> None:
    with pytest.raises(Unanswered, match="refused"):
        answer("http://127.0.0.1:1/")
    assert not asyncio.run(accepts("127.0.0.1", 1, timeout_s=1.0))
    assert asyncio.run(accepts("127.0.0.1", int(url.rpartition(":")[2]), timeout_s=1.0))
