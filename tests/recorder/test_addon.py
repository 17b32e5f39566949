"""The add-on in a stock mitmproxy: `mitmdump -s`, with all of mitmproxy's own add-ons around it."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import recorder.addon
from recorder.recording import Recording


class Stock:
    """A mitmproxy tool that records into a.rec, ready; `port` is where it listens."""

    def __init__(self, tool: str, upstream: str, folder: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.out = folder / "a.rec"
        options = ["--set", f"foreshock_out={self.out}", "--set", f"confdir={folder}", *more]
        mode = f"reverse:{upstream}@127.0.0.1:{self.port}"
        program = str(Path(sys.executable).with_name(tool))
        self.process = subprocess.Popen(
            [program, "-s", recorder.addon.__file__, "--mode", mode, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        give_up_s = time.monotonic() + 30
        while not self._listens():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < give_up_s
            time.sleep(0.02)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
        except OSError:
            return False
        return True

    def end(self) -> str:
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return said.decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Callable[..., Stock]]:
    started: list[Stock] = []

    def start(tool: str, upstream: str, *more: str) -> Stock:
        started.append(Stock(tool, upstream, tmp_path, *more))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_a_stock_mitmdump_records_with_the_addon(serve, response, stock) -> None:
    answers = {b"/x": response(b"small"), b"/large": response(b"0123456789" * 20), b"/none": None}
    upstream = serve(lambda request: answers[request.split()[1]])
    mitmdump = stock("mitmdump", upstream.url, "--set", "foreshock_body_cap=100")
    client = http.client.HTTPConnection("127.0.0.1", mitmdump.port, timeout=10)
    for path in ("/x", "/large", "/none"):
        client.request("GET", path)
        client.getresponse().read()
    client.close()
    said = mitmdump.end()
    assert "Traceback" not in said
    assert "rror in" not in said
    recording = Recording.open(mitmdump.out)
    small, large, none = recording.exchanges()
    assert (recording.tears, recording.manifest.closed) == ((), True)
    assert [exchange.request.url for exchange in (small, large, none)] == ["/x", "/large", "/none"]
    assert small.response is not None
    assert small.response.content.text == "small"
    assert large.response is not None
    assert (large.response.content.size, large.response.content.text) == (200, "")
    assert (none.response, none.error) == (None, "upstream closed")
    assert [exchange.nth for exchange in (small, large, none)] == [1, 2, 3]


def test_a_stock_mitmdump_keeps_bodies_for_its_other_addons(serve, response, stock, tmp_path: Path) -> None:
    upstream = serve(lambda _: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n")
    mitmdump = stock("mitmdump", upstream.url, "-w", str(tmp_path / "flows"))
    client = http.client.HTTPConnection("127.0.0.1", mitmdump.port, timeout=10)
    client.request("GET", "/")
    assert client.getresponse().read() == b"whole"
    client.close()
    mitmdump.end()
    assert b"whole" in (tmp_path / "flows").read_bytes()
    assert len(list(Recording.open(mitmdump.out).exchanges())) == 1


def test_a_stock_mitmdump_refuses_a_folder_that_is_there(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "-s", recorder.addon.__file__, "-p", "0"]
    options = ["--set", f"foreshock_out={tmp_path}", "--set", f"confdir={tmp_path}"]
    done = subprocess.run(command + options, capture_output=True, text=True, timeout=30, start_new_session=True)
    assert done.returncode != 0
    assert "already there" in done.stdout + done.stderr
