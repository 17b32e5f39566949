from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.exchange import Content, Exchange, Request
from recorder.listen.signal import LogLine, Sample
from recorder.manifest import read_manifest
from recorder.recording import Recording
from recorder.ring import Rotation
from recorder.writer import RecordingWriter


def exchange(n: int) -> Exchange:
    request = Request(method="GET", url=f"/{n}", http_version="HTTP/1.1", headers=(), post_data=Content.of(b""))
    return Exchange(
        id=f"e{n}", session="s", connection="c", started_s=n, request_ended_s=n, ended_s=n, request=request, error="x"
    )


class Hand:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_recorders_that_begin_at_once_never_get_the_same_id(tmp_path: Path) -> None:
    def begin(_: int) -> str:
        with RecordingWriter(tmp_path / "a.rec", upstream="http://up", recorder="web-1") as writer:
            assert writer.folder == tmp_path / "a.rec" / writer.recorder
            return writer.recorder

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(begin, range(16)))
    assert sorted(ids) == sorted(["web-1", *(f"web-1.{n}" for n in range(2, 17))])
    assert len(Recording.open(tmp_path / "a.rec").parts) == 16


@pytest.mark.parametrize("recorder", ["../up", "a/b", ".", "web 1"])
def test_an_id_that_could_be_another_folder_is_refused(tmp_path: Path, recorder: str) -> None:
    with pytest.raises(UsageError, match="expected letters, digits, '-' and '_'"):
        RecordingWriter(tmp_path / "a.rec", upstream="http://up", recorder=recorder)
    assert not (tmp_path / "a.rec").exists()


def test_what_is_rotated_out_is_counted_before_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Hand()
    rotation = Rotation(segment_bytes=1, keep_segments=2)
    writer = RecordingWriter(tmp_path / "a.rec", upstream="http://up", rotation=rotation, clock=clock)
    counted: list[int] = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".zst":
            counted.append(read_manifest(writer.folder).counts.rotated_out)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    for n in range(5):
        writer.write(exchange(n))
        clock.now_s += 1
        writer.tick()
    assert counted == [1, 2, 3]
    counts = writer.close()
    assert (counts.seen, counts.stored, counts.rotated_out, counts.unaccounted) == (5, 2, 3, 0)
    recording = Recording.open(tmp_path / "a.rec")
    assert [one.id for one in recording.exchanges()] == ["e3", "e4"]
    assert recording.tears == ()
    assert recording.manifest.keeping == {"keep segments": "2"}


def test_signals_have_segments_of_their_own_and_come_in_order_of_time(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        heard = [LogLine(2.0, "shop", "ERROR", "a"), Sample(1.0, "shop", "up", 1.0), LogLine(3.0, "shop", "", "b")]
        for signal in heard:
            writer.hear(signal)
        writer.lose_signals("by hand", 2)
    recording = Recording.open(tmp_path / "a.rec")
    assert list(recording.signals()) == [heard[1], heard[0], heard[2]]
    assert (recording.manifest.signals.stored, recording.manifest.signals.lost) == (3, {"by hand": 2})
    assert list(recording.exchanges()) == []
    assert recording.tears == ()


def test_the_manifest_lists_every_segment_as_it_is_on_the_disk(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        writer.write(exchange(1))
        writer.hear(Sample(1.0, "shop", "up", 1.0))
    segments = read_manifest(tmp_path / "a.rec").segments or ()
    assert [facts.name for facts in segments] == ["exchanges-00001.jsonl.zst", "signals-00001.jsonl.zst"]
    assert [facts.bytes for facts in segments] == [(writer.folder / facts.name).stat().st_size for facts in segments]
