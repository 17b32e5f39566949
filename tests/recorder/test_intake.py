import threading
from pathlib import Path
from typing import Any

import pytest

from recorder.exchange import Content, Exchange, Request
from recorder.intake import Intake
from recorder.recording import Recording, RecordingWriter
from recorder.redact import Redactor


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


@pytest.mark.parametrize("bounds", [{"queue_exchanges": 2}, {"queue_bytes": 20}])
def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path: Path, bounds: dict[str, Any]) -> None:
    redactor = Held()
    intake = Intake(writer(tmp_path), redactor, **bounds)
    intake.offer(exchange(0, b"1234567890"))
    assert redactor.begun.wait(10)  # taken from the queue
    for n in range(1, 6):
        intake.offer(exchange(n, b"1234567890"))
    redactor.go.set()
    counts = intake.close()
    assert (counts.seen, counts.stored) == (6, 3)
    assert counts.dropped == {"the writer was too slow: queue full": 3}


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


def test_when_the_disk_fails_it_is_told_once_and_the_rest_is_counted_as_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    told: list[str] = []
    intake = Intake(writer(tmp_path), Redactor(b"key"), on_failure=told.append)
    monkeypatch.setattr("foreshock.segment.os.write", no_space)
    for n in range(3):
        intake.offer(exchange(n))
    counts = intake.close()
    assert told == [intake.failure] == ["the disk failed: No space left on device"]
    assert (counts.stored, counts.unaccounted) == (0, 0)
    assert counts.dropped == {"the disk failed: No space left on device": 3}


def test_an_end_without_any_exchange_is_a_whole_recording(tmp_path: Path) -> None:
    assert Intake(writer(tmp_path), Redactor(b"key")).close().seen == 0
    assert Recording.open(tmp_path / "a.rec").manifest.closed
