"""The add-on in a stock mitmproxy: `mitmdump -s`, mitmweb and the console, with all of their own add-ons around it."""

import contextlib
import fcntl
import http.client
import os
import pty
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from mitmproxy.exceptions import OptionsError

import recorder.addon
from recorder.addonoptions import OPTIONS
from recorder.exchange import Exchange
from recorder.recording import Recording
from recorder.verify import verify

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>78]")


class Terminal:
    """A terminal of 120 by 40 that shows nothing to anybody; `said` is what was written to it."""

    def __init__(self) -> None:
        self.said = b""
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: nobody has the other side any more
            while chunk := os.read(self._ours, 65536):
                self.said += chunk

    @property
    def text(self) -> str:
        """Without what moves and colours."""
        return _ESCAPES.sub(b"", self.said).decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.theirs)
        self._thread.join(10)
        os.close(self._ours)


class Stock:
    """A mitmproxy tool with the add-on, ready; `port` is where it listens. It records into a.rec."""

    def __init__(self, tool: str, upstream: str, folder: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.out = folder / "a.rec"
        options = ["--set", f"foreshock_out={self.out}", "--set", f"confdir={folder}", *more]
        mode = f"reverse:{upstream}@127.0.0.1:{self.port}"
        program = str(Path(sys.executable).with_name(tool))
        self.terminal = Terminal() if tool == "mitmproxy" else None
        theirs = self.terminal.theirs if self.terminal else None
        self.process = subprocess.Popen(
            [program, "-s", recorder.addon.__file__, "--mode", mode, *options],
            stdin=theirs if theirs is not None else subprocess.DEVNULL,
            stdout=theirs if theirs is not None else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
        )
        give_up_s = time.monotonic() + 30
        while not (self._listens() and self.out.exists()):  # mitmproxy 12 listens before it has loaded its scripts
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < give_up_s, self.said()
            time.sleep(0.02)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
        except OSError:
            return False
        return True

    def said(self) -> str:
        if self.terminal:
            return self.terminal.text
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def end(self) -> str:
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return said.decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        if self.terminal:
            self.terminal.close()


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Callable[..., Stock]]:
    started: list[Stock] = []

    def start(tool: str, upstream: str, *more: str) -> Stock:
        started.append(Stock(tool, upstream, tmp_path, *more))
        return started[-1]

    yield start
    for each in started:
        each.close()


def get(port: int, *paths: str, **headers: str) -> list[bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    bodies = []
    for path in paths:
        client.request("GET", path, headers=headers)
        bodies.append(client.getresponse().read())
    client.close()
    return bodies


def whole(out: Path) -> list[Exchange]:
    assert verify(out).is_whole
    return list(Recording.open(out).exchanges())


def sets(**options: object) -> list[str]:
    """A sequence is set by naming it again and again."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in options.items()}
    return [part for name, each in lists.items() for one in each for part in ("--set", f"foreshock_{name}={one}")]


def test_a_stock_mitmdump_records_with_the_addon(serve, response, stock) -> None:
    answers = {b"/x": response(b"small"), b"/large": response(b"0123456789" * 20), b"/none": None}
    upstream = serve(lambda request: answers[request.split()[1]])
    mitmdump = stock("mitmdump", upstream.url, *sets(body_cap=100))
    get(mitmdump.port, "/x", "/large", "/none")
    said = mitmdump.end()
    assert "Traceback" not in said
    assert "rror in" not in said
    assert f"foreshock: recorded {mitmdump.out}: 3 seen, 3 stored" in said
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
    assert recording.manifest.upstream == upstream.url


def test_a_stock_mitmdump_keeps_bodies_for_its_other_addons(serve, response, stock, tmp_path: Path) -> None:
    upstream = serve(lambda _: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n")
    mitmdump = stock("mitmdump", upstream.url, "-w", str(tmp_path / "flows"))
    assert get(mitmdump.port, "/") == [b"whole"]
    mitmdump.end()
    assert b"whole" in (tmp_path / "flows").read_bytes()
    assert len(whole(mitmdump.out)) == 1


def test_the_console_records_while_its_user_looks_on_and_leaves_a_whole_recording_on_quitting(
    serve, response, stock
) -> None:
    console = stock("mitmproxy", serve(lambda _: response(b"seen")).url)
    assert get(console.port, "/by-console") == [b"seen"]
    wait_until(lambda: "/by-console" in console.terminal.text)
    console.terminal.press(b"q")
    wait_until(lambda: "uit" in console.terminal.text.partition("/by-console")[2])  # asks whether it is meant
    console.terminal.press(b"y")
    assert console.process.wait(30) == 0
    assert "Addon error" not in console.terminal.text  # mitmproxy 12 may tell of connections that it cancelled
    assert [exchange.request.url for exchange in whole(console.out)] == ["/by-console"]
    assert Recording.open(console.out).manifest.closed


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def test_mitmweb_records(serve, response, stock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        web = ["--no-web-open-browser", "--web-host", "127.0.0.1", "--web-port", str(free.getsockname()[1])]
    mitmweb = stock("mitmweb", serve(lambda _: response(b"seen")).url, *web)
    assert get(mitmweb.port, "/by-web") == [b"seen"]
    said = mitmweb.end()
    assert "Traceback" not in said
    assert [exchange.request.url for exchange in whole(mitmweb.out)] == ["/by-web"]


def test_its_options_are_those_of_the_recorder(serve, response, stock, tmp_path: Path, monkeypatch) -> None:
    for name in ("key", "seal"):
        (tmp_path / name).write_bytes(name.encode() * 16)
    log = tmp_path / "shop.log"
    log.touch()
    upstream = serve(lambda _: response())
    mitmdump = stock(
        "mitmdump",
        upstream.url,
        *sets(
            key_file=tmp_path / "key",
            encrypt_key=tmp_path / "seal",
            recorder="web-1",
            exclude=["/healthz", "status=5xx"],
            session_key="header:X-User",
            trusted_hops=1,
            rotate="1MB",
            keep="10MB",
            logs=[log],
            health=[f"{upstream.url}/health"],
        ),
    )
    wait_until(lambda: any(b"/health " in request for request in upstream.seen))  # then the log is listened to
    with log.open("a") as file:
        file.write("ERROR payment of 17 failed\n")
    get(mitmdump.port, "/a", "/healthz", **{"X-User": "ada"})
    get(mitmdump.port, "/b", **{"X-User": "ada"})
    get(mitmdump.port, "/c", **{"X-User": "bob"})
    mitmdump.end()
    monkeypatch.setenv("FORESHOCK_ENCRYPT_KEY", str(tmp_path / "seal"))
    recording = Recording.open(mitmdump.out)
    assert verify(mitmdump.out).is_whole
    assert [part.path.name for part in recording.parts] == ["web-1"]
    assert [exchange.recorder for exchange in recording.exchanges()] == ["web-1"] * 3
    first, again, other = (exchange.session for exchange in recording.exchanges())
    assert first == again != other
    manifest = recording.manifest
    assert (manifest.counts.excluded, bool(manifest.sealed)) == (1, True)
    assert manifest.keeping["exclude"] == "/healthz | status=5xx"
    assert manifest.keeping["keep"] == "10 MB"
    assert {signal.source for signal in recording.signals()} >= {"shop.log"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sample": "200%"}, "foreshock_sample='200%': expected a share of the sessions"),
        ({"include": "?"}, "foreshock_include="),
        ({"rotate": "x"}, "foreshock_rotate='x'"),
        ({"recorder": "web-1"}, "set foreshock_key_file"),
        ({"out": "."}, "already there"),
    ],
)
def test_what_cannot_be_meant_is_said_with_the_options_name_and_nothing_is_served(
    tmp_path: Path, options: dict[str, str], said: str
) -> None:
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "-s", recorder.addon.__file__, "-p", "0"]
    command += ["--set", f"confdir={tmp_path}", *sets(**{"out": tmp_path / "a.rec", **options})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, start_new_session=True, cwd=tmp_path)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert not (tmp_path / "a.rec").exists()


def test_tls_that_failed_is_told_and_listed_with_its_host(serve, response, stock, tmp_path: Path) -> None:
    mitmdump = stock("mitmdump", serve(lambda _: response()).url)
    distrustful = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", mitmdump.port), timeout=10) as plain, pytest.raises(ssl.SSLError):
        distrustful.wrap_socket(plain, server_hostname="pinned.example")
    said = mitmdump.end()
    assert "not recorded: pinned.example: TLS failed with the client (1 connections)" in said
    passed = Recording.open(mitmdump.out).manifest.passed
    assert passed["TLS failed with the client"].by_host == {"pinned.example": 1}


def test_a_recording_begins_and_ends_with_its_option_while_the_proxy_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = SimpleNamespace(mode=["regular"], **{option.name: option.default for option in OPTIONS})
    monkeypatch.setattr(recorder.addon, "ctx", SimpleNamespace(options=options))
    addon = recorder.addon.StockAddon()
    for name in ("a.rec", "b.rec", ""):
        options.foreshock_out = str(tmp_path / name) if name else ""
        addon.configure({"foreshock_out"})
        addon.configure({"other"})
        assert len(addon.addons) == (2 if name else 0)
    assert [Recording.open(tmp_path / name).manifest.closed for name in ("a.rec", "b.rec")] == [True, True]
    options.foreshock_out = str(tmp_path / "a.rec")
    with pytest.raises(OptionsError, match="already there"):
        addon.configure({"foreshock_out"})
