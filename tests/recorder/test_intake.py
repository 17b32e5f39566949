import errno
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from recorder.disk import Disk
from recorder.exchange import Content, Exchange, Request
from recorder.filter import Filter
from recorder.intake import Intake
from recorder.keeping import Keeping
from recorder.listen.signal import LogLine, Sample
from recorder.recording import Recording, RecordingWriter
from recorder.redact import Redactor
from recorder.sampling import Share
from recorder.waiting import FULL_BY_BYTES, FULL_BY_COUNT, Bounds


def exchange(n: int, body: bytes = b"{}") -> Exchange:
    request = Request(
        method="POST", url=f"/{n}?token=s3cret-{n}", http_version="HTTP/1.1", headers=(), post_data=Content.of(body)
    )
    return Exchange(
        id=f"e{n}", session="", connection="c", started_s=n, request_ended_s=n, ended_s=n, request=request, error="gone"
    )


class Held(Redactor):
    """A redactor that waits until it is let go: what a slow disk looks like to the queue."""

    def __init__(self) -> None:
        super().__init__(b"key")
        self.begun, self.go = threading.Event(), threading.Event()

    def exchange(self, exchange: Exchange) -> Exchange:
        self.begun.set()
        assert self.go.wait(10)
        return super().exchange(exchange)


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.005)


def writer(tmp_path: Path) -> RecordingWriter:
    return RecordingWriter(tmp_path / "a.rec", upstream="http://up")


def test_what_is_offered_is_redacted_named_and_stored(tmp_path: Path) -> None:
    intake = Intake.into(tmp_path / "a.rec", upstream="http://up", key=b"key")
    for n in range(3):
        intake.offer(exchange(n))
    intake.drop("by hand")
    counts = intake.close()
    assert (counts.seen, counts.stored, counts.dropped) == (4, 3, {"by hand": 1})
    stored = list(Recording.open(tmp_path / "a.rec").exchanges())
    assert [one.id for one in stored] == ["e0", "e1", "e2"]
    assert {one.session for one in stored} == {"s00001"}
    assert not any("s3cret" in one.request.url for one in stored)


@pytest.mark.parametrize(
    ("bounds", "reason"), [(Bounds(exchanges=2), FULL_BY_COUNT), (Bounds(body_bytes=20), FULL_BY_BYTES)]
)
def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path: Path, bounds: Bounds, reason: str) -> None:
    redactor = Held()
    intake = Intake(writer(tmp_path), redactor, bounds=bounds)
    intake.offer(exchange(0, b"1234567890"))
    assert redactor.begun.wait(10)  # taken from the queue
    for n in range(1, 6):
        intake.offer(exchange(n, b"1234567890"))
    redactor.go.set()
    counts = intake.close()
    assert (counts.seen, counts.stored) == (6, 3)
    assert counts.dropped == {reason: 3}


def test_a_body_of_which_only_the_digest_is_held_takes_no_room(tmp_path: Path) -> None:
    intake = Intake(writer(tmp_path), Redactor(b"key"), bounds=Bounds(body_bytes=1000))
    capped = msgspec.structs.replace(exchange(0).request, post_data=Content(size=1 << 40, digest="0" * 64))
    intake.offer(msgspec.structs.replace(exchange(0), request=capped))
    assert intake.close().stored == 1


def test_a_disk_that_stalls_holds_nobody_up_and_loses_only_what_the_queue_cannot_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled, go = threading.Event(), threading.Event()
    write = os.write

    def stall(fd: int, data: bytes) -> int:
        stalled.set()
        assert go.wait(30)
        return write(fd, data)

    monkeypatch.setattr("foreshock.segment.os.write", stall)
    intake = Intake(writer(tmp_path), Redactor(b"key"), bounds=Bounds(exchanges=50))
    intake.offer(exchange(0))
    assert stalled.wait(10)  # with the segment's second
    for n in range(1, 1001):
        intake.offer(exchange(n))  # would never come back if it waited
        intake.hear(LogLine(0.0, "shop", "", "a"))
    go.set()
    counts = intake.close()
    assert (counts.seen, counts.stored, counts.dropped) == (1001, 51, {FULL_BY_COUNT: 950})
    assert intake.signals.stored == 1000


def test_a_strange_exchange_does_not_end_the_recording(tmp_path: Path) -> None:
    class Fails(Redactor):
        def exchange(self, exchange: Exchange) -> Exchange:
            if exchange.id == "e1":
                raise RuntimeError("strange")
            return super().exchange(exchange)

    intake = Intake(writer(tmp_path), Fails(b"key"))
    for n in range(3):
        intake.offer(exchange(n))
    counts = intake.close()
    assert (counts.stored, counts.dropped) == (2, {"could not be redacted: RuntimeError": 1})


class Refusing:
    """Stands for os.write: refuses with `number` for as long as that is set."""

    def __init__(self, number: int) -> None:
        self.number: int | None = number
        self._write = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        if self.number is not None:
            raise OSError(self.number, os.strerror(self.number))
        return self._write(fd, data)


def test_when_the_disk_fails_it_is_told_once_and_the_rest_is_counted_as_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    intake = Intake(writer(tmp_path), Redactor(b"key"), on_failure=told.append)
    monkeypatch.setattr("foreshock.segment.os.write", Refusing(errno.EIO))
    for n in range(3):
        intake.offer(exchange(n))
    counts = intake.close()
    assert intake.failure == "the disk failed: Input/output error"
    assert told == [f"{intake.failure}: exchanges are dropped and counted from now on"]
    assert (counts.stored, counts.unaccounted) == (0, 0)
    assert counts.dropped == {"the disk failed: Input/output error": 3}


def test_a_full_disk_is_told_counted_and_recording_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    again = threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        if "again" in line:
            again.set()

    free = [0]
    out = writer(tmp_path)
    intake = Intake(out, Redactor(b"key"), disk=Disk(out.folder, tell=tell, free=lambda _: free[0]))
    refusing = Refusing(errno.ENOSPC)
    monkeypatch.setattr("foreshock.segment.os.write", refusing)
    intake.offer(exchange(0, b"x" * (1 << 21)))  # flushed at once
    wait_until(lambda: bool(told))
    intake.offer(exchange(1))
    refusing.number = None
    wait_until(lambda: out.counts.dropped.get("the disk is full") == 2)
    free[0] = 1 << 40
    assert again.wait(10)
    intake.offer(exchange(2))
    counts = intake.close()
    assert (counts.seen, counts.stored, counts.dropped) == (3, 1, {"the disk is full": 2})
    assert len(told) == 2
    recording = Recording.open(tmp_path / "a.rec")
    assert [one.id for one in recording.exchanges()] == ["e2"]
    assert recording.tears == ()


def test_below_the_floor_of_free_space_nothing_is_written_and_all_is_counted(tmp_path: Path) -> None:
    told: list[str] = []
    out = writer(tmp_path)
    disk = Disk(out.folder, min_free_bytes=1_000_000_000, tell=told.append, free=lambda _: 999_999_999)
    intake = Intake(out, Redactor(b"key"), disk=disk)
    wait_until(lambda: bool(told))
    intake.offer(exchange(0))
    intake.hear(LogLine(0.0, "shop", "", "a"))
    counts = intake.close()
    assert counts.dropped == {"less than 1 GB free on the disk": 1}
    assert intake.signals.lost == {"less than 1 GB free on the disk": 1}
    assert intake.failure is None
    assert told == ["less than 1 GB free on the disk: exchanges are dropped and counted until there is room"]


def test_what_the_filters_exclude_and_the_sample_leaves_out_is_counted_and_sessions_stay_whole(tmp_path: Path) -> None:
    keeping = Keeping(filter=Filter.parse(exclude=["/1", "/2"]), share=Share(0.5))
    intake = Intake(writer(tmp_path), Redactor(b"key"), key=b"key", keeping=keeping)
    for n in range(400):
        intake.offer(msgspec.structs.replace(exchange(n), connection=f"c{n % 100}"))
    counts = intake.close()
    assert counts.excluded == 2
    assert counts.unaccounted == 0
    stored = Counter(one.session for one in Recording.open(tmp_path / "a.rec").exchanges())
    assert 20 <= len(stored) <= 80
    assert set(stored.values()) <= {3, 4}
    assert counts.sampled_out == 400 - 2 - counts.stored


def test_a_body_beyond_the_cap_is_its_size_and_a_digest_under_the_key(tmp_path: Path) -> None:
    def content(key: bytes, name: str) -> Content:
        out = RecordingWriter(tmp_path / name, upstream="http://up")
        intake = Intake(out, Redactor(key), key=key, keeping=Keeping(body_cap_bytes=10))
        intake.offer(exchange(0, b"0123456789"))
        intake.offer(exchange(1, b"0123456789a"))
        intake.close()
        whole, capped = Recording.open(out.folder).exchanges()
        assert whole.request.post_data.raw == b"0123456789"
        return capped.request.post_data

    one, same, other = content(b"key", "a"), content(b"key", "b"), content(b"another", "c")
    assert (one.size, one.text, len(one.digest or "")) == (11, "", 64)
    assert one == same != other


def test_signals_are_redacted_stored_and_counted_where_they_do_not_fit(tmp_path: Path) -> None:
    redactor = Held()
    intake = Intake(writer(tmp_path), redactor, bounds=Bounds(signals=2))
    intake.offer(exchange(0))
    assert redactor.begun.wait(10)
    wait_until(lambda: not intake._waiting._signals)  # taken with the exchange, or none yet
    intake.hear(LogLine(1.0, "shop", "ERROR", "no mail to ada@example.org"))
    intake.hear(Sample(2.0, "shop", 'sent_total{to="ada@example.org"}', 3.0))
    intake.hear(Sample(3.0, "shop", "up", 1.0))
    intake.lose_signals("metrics of shop gave nothing", 2)
    redactor.go.set()
    intake.close()
    line, point = Recording.open(tmp_path / "a.rec").signals()
    assert isinstance(line, LogLine)
    assert isinstance(point, Sample)
    assert (line.t_s, line.source, line.level) == (1.0, "shop", "ERROR")
    assert (point.t_s, point.value) == (2.0, 3.0)
    assert "ada" not in line.template + point.name
    lost = Recording.open(tmp_path / "a.rec").manifest.signals.lost
    assert lost == {"the writer was too slow": 1, "metrics of shop gave nothing": 2}


def test_text_that_cannot_be_written_is_counted_and_ends_nothing(tmp_path: Path) -> None:
    intake = Intake(writer(tmp_path), Redactor(b"key"))
    intake.offer(msgspec.structs.replace(exchange(0), error="\ud800"))
    intake.offer(exchange(1))
    counts = intake.close()
    assert (counts.seen, counts.stored, counts.unaccounted) == (2, 1, 0)


def test_an_end_without_any_exchange_is_a_whole_recording(tmp_path: Path) -> None:
    assert Intake(writer(tmp_path), Redactor(b"key")).close().seen == 0
    assert Recording.open(tmp_path / "a.rec").manifest.closed
