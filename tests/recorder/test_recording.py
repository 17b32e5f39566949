import tracemalloc
from pathlib import Path

import pytest
import zstandard

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from foreshock.frames import frames
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.policy import Redaction
from recorder.recording import Recording, RecordingWriter
from recorder.ring import Rotation


def exchange(n: int, *, started_s: float | None = None, body: bytes = b"{}") -> Exchange:
    start_s = float(n) if started_s is None else started_s
    request = Request(
        method="POST",
        url=f"/orders/{n}",
        http_version="HTTP/1.1",
        headers=(Header("hOsT", "x"), Header("A", "1"), Header("a", "\xff")),
        post_data=Content.of(body),
    )
    response = Response(
        status=201, status_text="Created", http_version="HTTP/1.1", headers=(), content=Content.of(b"\x00\xff")
    )
    return Exchange(
        id=f"e{n}",
        session="s1",
        connection="c1",
        started_s=start_s,
        request_ended_s=start_s,
        ended_s=start_s + 1,
        request=request,
        response=response,
    )


def write(folder: Path, count: int = 3) -> None:
    with RecordingWriter(folder, upstream="http://up") as writer:
        for n in range(count):
            writer.write(exchange(n))


def test_exchanges_come_back_as_they_were_written(tmp_path: Path) -> None:
    write(tmp_path / "a.rec")
    recording = Recording.open(tmp_path / "a.rec")
    assert list(recording.exchanges()) == [exchange(n) for n in range(3)]
    assert recording.tears == ()


def test_exchanges_come_in_the_order_in_which_they_started(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        for n, started_s in enumerate([3.0, 1.0, 2.0, 2.0]):
            writer.write(exchange(n, started_s=started_s))
    assert [e.id for e in Recording.open(tmp_path / "a.rec").exchanges()] == ["e1", "e2", "e3", "e0"]


def test_one_that_started_long_before_it_ended_comes_late_and_is_counted(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        for n in range(9000):
            writer.write(exchange(n))
        writer.write(exchange(9000, started_s=0.5))
    recording = Recording.open(tmp_path / "a.rec")
    assert sum(1 for _ in recording.exchanges()) == 9001
    assert recording.tears == ("1 exchanges took so long that they come after exchanges that started later",)


def test_the_manifest_accounts_for_every_exchange_seen(tmp_path: Path) -> None:
    anchor = Anchor(wall_s=1.0, monotonic_s=2.0)
    with RecordingWriter(
        tmp_path / "a.rec",
        upstream="http://up",
        anchor=anchor,
        redaction=Redaction(key_fingerprint="abc"),
        session_rule="by hand",
        tools={"mitmproxy": "1"},
    ) as writer:
        writer.write(exchange(1), bodies_withheld=1)
        writer.drop("queue full", 2)
    manifest = Recording.open(tmp_path / "a.rec").manifest
    assert (manifest.anchor, manifest.upstream, manifest.session_rule) == (anchor, "http://up", "by hand")
    assert manifest.redaction == Redaction(key_fingerprint="abc")
    assert {"foreshock", "zstandard", "mitmproxy"} <= manifest.tools.keys()
    assert manifest.closed
    assert manifest.counts.unaccounted == 0
    assert str(manifest.counts) == "3 seen, 1 stored, 2 dropped (queue full), 1 bodies withheld (not decodable)"


def test_a_recording_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.rec")
    assert (tmp_path / "a.rec").stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "a.rec").iterdir())


def test_a_full_segment_is_followed_by_the_next(tmp_path: Path) -> None:
    with RecordingWriter(
        tmp_path / "a.rec", upstream="http://up", rotation=Rotation(segment_bytes=1), clock=iter_clock()
    ) as writer:
        for n in range(3):
            writer.write(exchange(n))
    assert len(list((tmp_path / "a.rec").glob("*.zst"))) > 1
    assert sum(1 for _ in Recording.open(tmp_path / "a.rec").exchanges()) == 3


def iter_clock():
    """Every look at it is two seconds later."""
    now_s = iter(range(0, 10_000, 2))
    return lambda: float(next(now_s))


def test_the_fingerprint_is_the_contents(tmp_path: Path) -> None:
    write(tmp_path / "a.rec")
    (tmp_path / "b.rec").mkdir()
    for file in (tmp_path / "a.rec").iterdir():
        (tmp_path / "b.rec" / file.name).write_bytes(file.read_bytes())
    write(tmp_path / "c.rec", count=4)
    prints = [Recording.open(tmp_path / name).fingerprint for name in ("a.rec", "b.rec", "c.rec")]
    assert prints[0] == prints[1] != prints[2]


def test_an_existing_folder_is_not_written_into(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already there"):
        RecordingWriter(tmp_path, upstream="http://up")


def test_a_recorder_that_was_killed_leaves_a_recording_that_says_what_is_missing(tmp_path: Path) -> None:
    now_s = [0.0]
    writer = RecordingWriter(tmp_path / "a.rec", upstream="http://up", clock=lambda: now_s[0])
    writer.write(exchange(1))
    now_s[0] = 1.0
    writer.tick()
    writer.write(exchange(2))
    recording = Recording.open(tmp_path / "a.rec")  # as a kill now would leave it
    assert [e.id for e in recording.exchanges()] == ["e1"]
    assert len(recording.tears) == 1
    assert "killed: its manifest last counted 1 stored, 1 could be read" in recording.tears[0]
    writer.close()


def test_a_cut_segment_is_read_up_to_the_cut(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up", clock=iter_clock()) as writer:
        for n in range(3):
            writer.write(exchange(n))
            writer.tick()
    (segment,) = (tmp_path / "a.rec").glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-3])
    recording = Recording.open(tmp_path / "a.rec")
    assert [e.id for e in recording.exchanges()] == ["e0", "e1", "e2"]  # the cut took only the last checksum
    assert any("cut off" in tear for tear in recording.tears)


def test_what_stands_behind_a_damaged_frame_is_read(tmp_path: Path) -> None:
    ticks = iter(range(0, 1000, 2))
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up", clock=lambda: float(next(ticks))) as writer:
        for n in range(4):
            writer.write(exchange(n))
            writer.tick()
    segment = tmp_path / "a.rec" / "exchanges-00001.jsonl.zst"
    second = list(frames(segment))[1]
    content = bytearray(segment.read_bytes())
    content[second.at + second.size // 2] ^= 1
    segment.write_bytes(content)
    recording = Recording.open(tmp_path / "a.rec")
    assert [e.id for e in recording.exchanges()] == ["e0", "e2", "e3"]
    assert f"damaged in the frame at byte {second.at} " in recording.tears[0]
    assert recording.tears[1:] == ("4 exchanges were stored, 3 could be read",)


def test_a_lost_segment_and_strange_lines_are_said(tmp_path: Path) -> None:
    from foreshock.segment import SegmentWriter

    write(tmp_path / "a.rec")
    with SegmentWriter(tmp_path / "a.rec" / "exchanges-00003.jsonl.zst") as segment:
        segment.write(b"[]")
    recording = Recording.open(tmp_path / "a.rec")
    assert sum(1 for _ in recording.exchanges()) == 3
    assert recording.tears == (
        "exchanges-00003.jsonl.zst holds 1 lines that are not exchanges: they are left out",
        "exchanges-00002.jsonl.zst is missing",
    )


def test_a_recording_of_the_first_version_is_read_as_it_was() -> None:
    recording = Recording.open(Path(__file__).parent / "fixtures" / "version-1")
    first, second, third = recording.exchanges()
    assert recording.tears == ()
    assert (recording.manifest.counts.seen, recording.manifest.counts.stored) == (4, 3)
    assert [first.id, second.id, third.id] == ["e000001", "e000002", "e000003"]
    assert first.session == second.session != third.session
    assert second.response is not None
    assert second.response.content.size == 3
    assert third.error == "server disconnected"
    assert recording.fingerprint == "0863382d19196185"  # as the version said that wrote it
    assert list(recording.signals()) == []


def test_exchanges_since_a_time_are_found_without_reading_the_segments_before_it(tmp_path: Path) -> None:
    with RecordingWriter(
        tmp_path / "a.rec", upstream="http://up", rotation=Rotation(segment_bytes=1), clock=iter_clock()
    ) as writer:
        for n in range(20):
            writer.write(exchange(n))
    segments = sorted((tmp_path / "a.rec").glob("*.zst"))
    assert len(segments) > 15
    for old in segments[:8]:  # all in them ended long before; first lines are looked at to know it, and not all of them
        old.write_bytes(b"nothing that can be read")
    recording = Recording.open(tmp_path / "a.rec")
    found = [each.started_s for each in recording.exchanges(since_s=15.0)]
    assert found[-5:] == [15.0, 16.0, 17.0, 18.0, 19.0]
    assert recording.tears == ()


def test_a_line_that_is_no_utf_8_is_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path / "a.rec")
    (segment,) = (tmp_path / "a.rec").glob("*.zst")
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(segment.read_bytes())
    segment.write_bytes(zstandard.ZstdCompressor().compress(lines.replace(b"/orders/1", b"/orders/\xff")))
    recording = Recording.open(tmp_path / "a.rec")
    assert [each.id for each in recording.exchanges()] == ["e0", "e2"]
    assert any("holds 1 lines that are not exchanges" in tear for tear in recording.tears)


def test_large_bodies_are_not_held_to_sort_them(tmp_path: Path) -> None:
    body = b"x" * (4 << 20)
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up") as writer:
        for n in range(60):
            writer.write(exchange(n, body=body))
    tracemalloc.start()
    assert [each.id for each in Recording.open(tmp_path / "a.rec").exchanges()] == [f"e{n}" for n in range(60)]
    assert tracemalloc.get_traced_memory()[1] < 140 << 20  # of 240 MiB
    tracemalloc.stop()
