import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from foreshock.errors import UsageError
from foreshock.frames import frames
from recorder.exchange import Content, Exchange, Request
from recorder.recording import RecordingWriter
from recorder.ring import Rotation
from recorder.sessionlink import SessionLink
from recorder.verify import verify


def exchange(n: int) -> Exchange:
    request = Request(method="GET", url=f"/{n}", http_version="HTTP/1.1", headers=(), post_data=Content.of(b"x" * 50))
    return Exchange(
        id=f"e{n:06}",
        session="s1",
        connection="c1",
        started_s=n,
        request_ended_s=n,
        ended_s=n,
        request=request,
        error="gone",
    )


def ticking() -> Callable[[], float]:
    """Every look is two seconds later: each line gets a frame."""
    now_s = iter(range(0, 100_000, 2))
    return lambda: float(next(now_s))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Nine exchanges in three segments, each in a frame of its own; ids 4 and 8 were dropped."""
    rotation = Rotation(segment_bytes=600)
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up", rotation=rotation, clock=ticking()) as writer:
        for n in range(1, 12):
            if n in (4, 8):
                writer.drop("by hand")
            else:
                writer.write(exchange(n))
    assert len(list((tmp_path / "a.rec").glob("*.zst"))) >= 3
    return tmp_path / "a.rec"


def segment(folder: Path, number: int) -> Path:
    return folder / f"exchanges-{number:05}.jsonl.zst"


def lines_of(path: Path) -> int:
    return sum((frame.content or b"").count(b"\n") for frame in frames(path))


def troubles(folder: Path) -> str:
    proof = verify(folder)
    assert not proof.is_whole
    assert list(proof.lines)[-1].startswith("NOT whole")
    return "\n".join([*proof.troubles, *(trouble for part in proof.parts for trouble in part.troubles)])


def test_a_whole_recording_is_proved_to_be(whole: Path) -> None:
    proof = verify(whole)
    assert proof.is_whole
    account, verdict = proof.lines
    assert account == f"{whole}: 11 seen, 9 stored, 2 dropped (by hand)"
    assert verdict.startswith("whole: every exchange seen is accounted for; 3 segments, ")


def test_a_recording_of_the_first_version_is_whole() -> None:
    assert verify(Path(__file__).parent / "fixtures" / "version-1").is_whole


def test_every_damaged_frame_is_found_with_its_place_and_what_is_lost(whole: Path) -> None:
    for number, nth in ((1, 0), (2, 1)):
        content = bytearray(segment(whole, number).read_bytes())
        at = list(frames(segment(whole, number)))[nth].at
        content[at + 12] ^= 1
        segment(whole, number).write_bytes(content)
    said = troubles(whole)
    assert "exchanges-00001.jsonl.zst: the frame at byte 0 is damaged" in said
    assert f"exchanges-00002.jsonl.zst: the frame at byte {at} is damaged" in said
    assert "9 exchanges were stored, 7 can be read" in said


def test_a_torn_tail_is_found(whole: Path) -> None:
    segment(whole, 3).write_bytes(segment(whole, 3).read_bytes()[:-5])
    said = troubles(whole)
    assert "is cut off" in said
    assert "9 exchanges were stored, 8 can be read" in said


def test_a_cut_between_frames_is_found(whole: Path) -> None:
    *_, last = frames(segment(whole, 1))
    segment(whole, 1).write_bytes(segment(whole, 1).read_bytes()[: last.at])
    assert "exchanges-00001.jsonl.zst was cut" in troubles(whole)


def test_frames_that_were_written_anew_are_found_though_their_checksums_are_right(whole: Path) -> None:
    lines = b"".join(frame.content or b"" for frame in frames(segment(whole, 2)))
    forged = zstandard.ZstdCompressor(write_checksum=True).compress(lines.replace(b'"gone"', b'"fine"') + b" " * 999)
    segment(whole, 2).write_bytes(forged.ljust(10))
    assert "exchanges-00002.jsonl.zst was" in troubles(whole)


def test_bytes_that_were_added_are_found(whole: Path) -> None:
    last = segment(whole, 3)
    last.write_bytes(last.read_bytes() + zstandard.ZstdCompressor(write_checksum=True).compress(b"\n"))
    assert "bytes were added at its end" in troubles(whole)


def test_a_missing_segment_is_found(whole: Path) -> None:
    lost = lines_of(segment(whole, 2))
    segment(whole, 2).unlink()
    said = troubles(whole)
    assert "exchanges-00002.jsonl.zst is missing" in said
    assert f"9 exchanges were stored, {9 - lost} can be read" in said


def test_the_last_segment_may_be_the_missing_one(whole: Path) -> None:
    segment(whole, 3).unlink()
    assert "exchanges-00003.jsonl.zst is missing" in troubles(whole)


def test_a_segment_that_nobody_wrote_is_found(whole: Path) -> None:
    segment(whole, 4).write_bytes(segment(whole, 1).read_bytes())
    said = troubles(whole)
    assert "exchanges-00004.jsonl.zst is not in the manifest" in said
    assert f"{lines_of(segment(whole, 1))} ids repeat: e000001, e000002, e000003" in said


def test_ids_that_repeat_and_ids_that_no_count_explains_are_found(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        for n in (1, 2, 2, 9):
            writer.write(exchange(n))
        writer.drop("by hand", 3)
    said = troubles(tmp_path / "a.rec")
    assert "1 ids repeat: e000002" in said
    assert "6 ids are missing, of which the counts explain 3" in said


def test_counts_that_do_not_add_up_are_found(whole: Path) -> None:
    manifest = msgspec.json.decode((whole / "manifest.json").read_bytes())
    manifest["counts"]["seen"] += 2
    (whole / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    assert "of 13 exchanges seen, 2 are not accounted for" in troubles(whole)


def test_lines_that_are_no_exchanges_are_found(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        writer.write(exchange(1))
        writer._rings.exchanges.write(b"[]")
    assert "holds 1 lines that are not exchanges" in troubles(tmp_path / "a.rec")


def test_a_recorder_that_did_not_end_is_said_with_what_may_be_lost(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.rec", upstream="http://up", clock=ticking())
    writer.write(exchange(1))
    writer.tick()
    said = troubles(tmp_path / "a.rec")
    assert "killed, or still at work): 1 exchanges can be read, its last sign of life counted 1" in said
    writer.close()
    assert verify(tmp_path / "a.rec").is_whole


def test_each_recorder_of_several_is_proved_for_itself(tmp_path: Path) -> None:
    for recorder, out in (("a", True), ("b", False)):
        with RecordingWriter(tmp_path / "a.rec", upstream="http://up", recorder=recorder) as writer:
            writer.write(exchange(1))
            writer.link(SessionLink(f"{recorder}.s1", "1234", out))
    proof = verify(tmp_path / "a.rec")
    assert [part.recorder for part in proof.parts] == ["a", "b"]
    assert not any(part.troubles for part in proof.parts)
    assert proof.troubles == ("1 sessions were kept by one recorder and sampled out by another",)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        verify(tmp_path / "no.rec")


def test_leftovers_of_segments_that_were_let_go_are_no_trouble(tmp_path: Path) -> None:
    rotation = Rotation(segment_bytes=1, keep_segments=2)
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up", rotation=rotation, clock=ticking()) as writer:
        for n in range(1, 6):
            writer.write(exchange(n))
            writer.tick()
            subprocess.run(["cp", "-n", str(segment(writer.folder, n)), str(tmp_path)], check=True)
    subprocess.run(["cp", str(segment(tmp_path, 1)), str(writer.folder)], check=True)  # as a kill may leave it
    proof = verify(tmp_path / "a.rec")
    assert proof.is_whole
    assert str(proof.parts[0].counts) == "5 seen, 2 stored, 3 rotated out"
