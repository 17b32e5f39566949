"""A stand-in for docker and journalctl in a PATH of its own: it writes what they were recorded to write."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.listen.docker import DockerEar
from recorder.listen.journald import JournalEar
from recorder.listen.signal import LogLine, Signal
from recorder.listen.thread import EarThread

# `docker logs --follow --timestamps`, which goes on until it is ended
DOCKER = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
echo "2023-11-14T22:13:20.100000000Z WARN order 17 is slow"
echo "2023-11-14T22:13:20.200000000Z {\\"level\\":\\"error\\",\\"msg\\":\\"no slot\\"}" >&2
exec sleep 600
"""
GONE = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
echo "2023-11-14T22:13:20.100000000Z bye"
echo "Error response from daemon: No such container: shop" >&2
exit 1
"""
JOURNAL = """#!/bin/sh
echo '{"__CURSOR":"c1","__REALTIME_TIMESTAMP":"1700000000100000","PRIORITY":"3","MESSAGE":"disk 7 is full"}'
echo '{"__CURSOR":"c2","__REALTIME_TIMESTAMP":"1700000000200000","PRIORITY":"6","MESSAGE":[104,105]}'
exec sleep 600
"""


class Heard:
    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.lost: Counter[str] = Counter()
        self._changed = threading.Condition()

    def hear(self, signal: Signal) -> None:
        assert isinstance(signal, LogLine)
        with self._changed:
            self.lines.append(signal)
            self._changed.notify()

    def lose_signals(self, reason: str, count: int = 1) -> None:
        with self._changed:
            self.lost[reason] += count
            self._changed.notify()

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 20), (self.lines, self.lost)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    def install(name: str, script: str) -> Path:
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
        return tmp_path

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return install


def test_what_a_container_writes_is_heard_on_both_of_its_outputs(installed: Callable[[str, str], Path]) -> None:
    folder, heard = installed("docker", DOCKER), Heard()
    thread = EarThread([DockerEar("shop", "shop-1", time.monotonic)], heard, time.monotonic, every_s=None)
    thread.start()
    try:
        heard.until(lambda: len(heard.lines) == 2)
    finally:
        thread.stop()
    assert {(line.source, line.level, line.template) for line in heard.lines} == {
        ("shop", "WARN", "order <*> is slow"),
        ("shop", "ERROR", "no slot"),
    }
    assert (folder / "asked").read_text() == "logs --follow --timestamps --tail 0 -- shop-1\n"
    assert not heard.lost
    assert thread.skews_s.keys() == {"shop"}  # of 2023: told, as it is far from now


def test_what_ends_is_told_with_its_last_words_and_started_again_from_where_it_was(
    installed: Callable[[str, str], Path],
) -> None:
    folder, heard, t_s = installed("docker", GONE), Heard(), [0.0]

    def clock() -> float:  # in which a second is over soon
        t_s[0] += 0.2
        return t_s[0]

    thread = EarThread([DockerEar("shop", "shop", clock)], heard, clock, every_s=None)
    thread.start()
    try:
        heard.until(lambda: heard.lost.total() >= 2)
    finally:
        thread.stop()
    assert heard.lost.keys() == {
        "log of shop: docker ended with code 1: Error response from daemon: No such container: shop"
    }
    assert [line.template for line in heard.lines] == ["bye"]
    assert "--since 2023-11-14T22:13:20.100000000Z" in (folder / "asked").read_text()


def test_what_a_unit_writes_is_heard(installed: Callable[[str, str], Path]) -> None:
    installed("journalctl", JOURNAL)
    heard = Heard()
    thread = EarThread([JournalEar("db", "db.service", time.monotonic)], heard, time.monotonic, every_s=None)
    thread.start()
    try:
        heard.until(lambda: len(heard.lines) == 2)
    finally:
        thread.stop()
    assert [(line.source, line.level, line.template) for line in heard.lines] == [
        ("db", "ERROR", "disk <*> is full"),
        ("db", "INFO", "hi"),
    ]


def test_what_is_written_too_fast_is_bounded_and_counted(installed: Callable[[str, str], Path]) -> None:
    installed("docker", '#!/bin/sh\nyes "2023-11-14T22:13:20Z again" | head -n 300\nexec sleep 600\n')
    heard = Heard()
    ear = DockerEar("shop", "shop", lambda: 7.0, per_s=100)  # a clock that stands still: one second's worth is taken
    thread = EarThread([ear], heard, time.monotonic, every_s=None)
    thread.start()
    try:
        heard.until(lambda: len(heard.lines) + heard.lost["shop wrote lines too fast"] == 300)
    finally:
        thread.stop()
    assert len(heard.lines) == 100


@pytest.mark.parametrize(("ear", "name"), [(DockerEar, "docker"), (JournalEar, "journalctl")])
def test_a_program_that_is_not_installed_is_said_at_once(
    ear: type[DockerEar] | type[JournalEar], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    thread = EarThread([ear("shop", "shop", time.monotonic)], Heard(), time.monotonic, every_s=None)
    with pytest.raises(UsageError, match=f"='shop': there is no '{name}' on the PATH here; install it, or leave this"):
        thread.start()
    thread.stop()
