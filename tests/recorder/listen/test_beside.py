"""Real files, real endpoints: what is heard of them beside the traffic."""

import http.server
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.listen.beside import Beside, Sources
from recorder.listen.signal import LogLine, Sample


class Ear:
    def __init__(self) -> None:
        self.heard: list[Sample | LogLine] = []
        self.lost: Counter[str] = Counter()

    def hear(self, signal: Sample | LogLine) -> None:
        self.heard.append(signal)

    def lose_signals(self, reason: str, count: int = 1) -> None:
        self.lost[reason] += count

    def until(self, condition: Callable[[], bool]) -> None:
        give_up_s = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < give_up_s, (self.heard, self.lost)
            time.sleep(0.005)


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"orders_total 3\n"
        self.send_response(200 if self.path == "/metrics" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_logs_metrics_and_health_are_heard_on_one_clock(tmp_path: Path, url: str) -> None:
    log, ear = tmp_path / "shop.log", Ear()
    log.write_text("of before\n")
    sources = Sources(logs=(log,), metrics=(f"{url}/metrics",), health=(f"{url}/health",))
    source = url.removeprefix("http://")
    with Beside(sources, ear, lambda: 7.0, every_s=0.01):
        ear.until(lambda: len(ear.heard) >= 6)
        with log.open("a") as file:
            file.write("ERROR payment of ada@example.org failed\n")
        ear.until(lambda: any(isinstance(one, LogLine) for one in ear.heard))
        with log.open("a") as file:
            file.write("INFO the last word\n")  # heard at the end
    assert {one.t_s for one in ear.heard} == {7.0}
    lines = [one for one in ear.heard if isinstance(one, LogLine)]
    assert [(line.source, line.level, line.template) for line in lines] == [
        ("shop.log", "ERROR", "payment of <*> failed"),
        ("shop.log", "INFO", "the last word"),
    ]
    points = {(one.source, one.name, one.value) for one in ear.heard if isinstance(one, Sample)}
    assert (source, "orders_total", 3.0) in points
    assert (source, "health_up", 0.0) in points
    assert not ear.lost


def test_what_cannot_be_heard_is_counted_and_the_rest_is_heard(tmp_path: Path, url: str) -> None:
    ear = Ear()
    (tmp_path / "folder.log").mkdir()
    sources = Sources(
        logs=(tmp_path / "folder.log",), metrics=(f"{url}/none", f"{url}/metrics"), health=("http://127.0.0.1:1/",)
    )
    with Beside(sources, ear, lambda: 7.0, every_s=0.01):
        ear.until(lambda: len(ear.lost) == 2 and len(ear.heard) > 4)
    assert ear.lost.keys() == {
        "folder.log could not be read: IsADirectoryError",
        f"metrics of {url.removeprefix('http://')} gave nothing",
    }
    assert Sample(7.0, "127.0.0.1:1", "health_up", 0.0, "gauge") in ear.heard  # no answer is an answer


def test_a_log_that_is_written_too_fast_is_bounded_and_counted(tmp_path: Path) -> None:
    log, ear = tmp_path / "shop.log", Ear()
    log.touch()
    with Beside(Sources(logs=(log,)), ear, lambda: 7.0):  # a clock that stands still: one second's worth is taken
        with log.open("a") as file:
            file.write("begin\n")
        ear.until(lambda: len(ear.heard) == 1)
        log.rename(tmp_path / "old")
        (tmp_path / "new").write_text("again\n" * 5500)
        (tmp_path / "new").rename(log)
    assert len(ear.heard) == 5000
    assert ear.lost == {"shop.log was written too fast": 501}


def test_what_listening_cost_is_told(tmp_path: Path) -> None:
    with Beside(Sources(logs=(tmp_path / "shop.log",)), Ear(), time.monotonic) as beside:
        pass
    assert len(beside.told) == 1
    assert beside.told[0].startswith("listening took 0.")


def test_a_source_that_is_not_there_is_said_before_anything_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(UsageError, match="docker='shop': there is no 'docker' on the PATH"),
        Beside(Sources(docker=("shop",)), Ear(), time.monotonic),
    ):
        pass
