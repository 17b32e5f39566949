import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from foreshock.segment import SegmentWriter, read_segment


class Hand:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def lines_of(path: Path, *, past_damage: bool = False) -> tuple[list[bytes], list[str]]:
    tears: list[str] = []
    return list(read_segment(path, tears.append, past_damage=past_damage)), tears


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    lines = [json.dumps({"n": n, "pad": "x" * 999}).encode() for n in range(3000)]
    with SegmentWriter(tmp_path / "a.jsonl.zst", flush_bytes=10_000) as segment:
        for line in lines:
            segment.write(line)
    assert lines_of(tmp_path / "a.jsonl.zst") == (lines, [])


def test_an_empty_segment_has_no_lines_and_no_tears(tmp_path: Path) -> None:
    SegmentWriter(tmp_path / "a.jsonl.zst").close()
    assert lines_of(tmp_path / "a.jsonl.zst") == ([], [])


def test_a_line_is_on_disk_after_a_second_though_nothing_else_is_written(tmp_path: Path) -> None:
    clock = Hand()
    with SegmentWriter(tmp_path / "a.jsonl.zst", clock=clock) as segment:
        segment.write(b"{}")
        clock.now_s += 0.9
        segment.tick()
        assert lines_of(segment.path)[0] == []
        clock.now_s += 0.1
        segment.tick()
        assert lines_of(segment.path) == ([b"{}"], [])


def test_a_line_is_on_disk_when_a_mebibyte_waits(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path / "a.jsonl.zst", clock=Hand()) as segment:
        segment.write(b"x" * ((1 << 20) - 2))
        assert segment.file_bytes == 0
        segment.write(b"y")
        assert segment.file_bytes == segment.path.stat().st_size > 0


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path / "a.jsonl.zst") as segment:
        assert segment.path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(b"precious")
    with pytest.raises(UsageError, match="already there"):
        SegmentWriter(tmp_path / "a.jsonl.zst")
    assert (tmp_path / "a.jsonl.zst").read_bytes() == b"precious"


def test_closing_twice_does_nothing_more(tmp_path: Path) -> None:
    segment = SegmentWriter(tmp_path / "a.jsonl.zst")
    segment.close()
    segment.close()


@pytest.mark.parametrize("cut_bytes", [1, 5, 40])
def test_a_torn_tail_is_read_up_to_the_tear_and_said_once(tmp_path: Path, cut_bytes: int) -> None:
    path = tmp_path / "a.jsonl.zst"
    with SegmentWriter(path) as segment:
        segment.write(b'{"n":1}')
        segment.flush()
        whole_bytes = segment.file_bytes
        segment.write(b'{"n":2}' + b" " * 50)
    path.write_bytes(path.read_bytes()[: max(whole_bytes + 1, segment.file_bytes - cut_bytes)])
    lines, tears = lines_of(path)
    assert lines[0] == b'{"n":1}'
    assert tears == [f"a.jsonl.zst is cut off in the frame at byte {whole_bytes}: read up to the cut"]


def test_a_frame_of_many_blocks_gives_its_whole_lines_when_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    lines = [f'{{"n":{n}}}'.encode() for n in range(100_000)]
    with SegmentWriter(path, flush_bytes=1 << 30, flush_after_s=1000) as segment:
        for line in lines:
            segment.write(line)
    path.write_bytes(path.read_bytes()[: segment.file_bytes // 2])
    read, tears = lines_of(path)
    assert 0 < len(read) < len(lines)
    assert read == lines[: len(read)]
    assert len(tears) == 1


def test_a_damaged_last_frame_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    with SegmentWriter(path) as segment:
        segment.write(b'{"n":1}')
        segment.flush()
        first_bytes = segment.file_bytes
        segment.write(b'{"n":2}')
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF  # the last byte of the content; the checksum is the last four
    path.write_bytes(content)
    lines, tears = lines_of(path)
    assert lines == [b'{"n":1}']
    assert len(tears) == 1
    assert f"damaged in the frame at byte {first_bytes}" in tears[0]


@pytest.mark.parametrize("damaged_byte", [0, 4, 8, 12, -6, -1])
def test_what_stands_behind_a_damaged_frame_is_read_and_what_is_lost_is_said(tmp_path: Path, damaged_byte: int) -> None:
    path = tmp_path / "a.jsonl.zst"
    ends = [0]
    with SegmentWriter(path) as segment:
        for n in range(5):
            segment.write(f'{{"n":{n},"of":"{n:050}"}}'.encode())
            segment.flush()
            ends.append(segment.file_bytes)
    whole, _ = lines_of(path)
    content = bytearray(path.read_bytes())
    for n in (1, 3):
        content[damaged_byte + (ends[n] if damaged_byte >= 0 else ends[n + 1])] ^= 0xFF
    path.write_bytes(content)
    assert lines_of(path)[0] == [whole[0]]
    lines, tears = lines_of(path, past_damage=True)
    assert lines == [whole[0], whole[2], whole[4]]
    assert len(tears) == 2
    for n, tear in zip((1, 3), tears, strict=True):
        assert tear.startswith(f"a.jsonl.zst is damaged in the frame at byte {ends[n]} (")
        assert tear.endswith(f": {ends[n + 1] - ends[n]} bytes are lost, read on behind them")


def test_a_line_that_went_on_in_a_damaged_frame_is_not_joined_to_what_stands_behind(tmp_path: Path) -> None:
    import zstandard

    compress = zstandard.ZstdCompressor(write_checksum=True).compress
    lost = compress(b'2}\n{"c":3}\n{"d":')
    pieces = [compress(b'{"a":1}\n{"b":'), lost[:-1] + bytes([lost[-1] ^ 1]), compress(b'{"e":5}\n')]
    (tmp_path / "a.jsonl.zst").write_bytes(b"".join(pieces))
    lines, tears = lines_of(tmp_path / "a.jsonl.zst", past_damage=True)
    assert lines == [b'{"a":1}', b'{"e":5}']
    assert len(tears) == 1


def test_a_file_that_is_no_segment_is_one_tear(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(b"not zstd at all")
    lines, tears = lines_of(tmp_path / "a.jsonl.zst")
    assert lines == []
    assert len(tears) == 1


def test_standard_tools_read_it(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path / "a.jsonl.zst") as segment:
        for n in range(3):
            segment.write(json.dumps({"n": n}).encode())
            segment.flush()
    try:
        shown = subprocess.run(["zstdcat", str(segment.path)], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("zstdcat is not installed here")
    assert [json.loads(line)["n"] for line in shown.stdout.splitlines()] == [0, 1, 2]


def test_another_tools_frames_may_break_lines_anywhere(tmp_path: Path) -> None:
    import zstandard

    compress = zstandard.ZstdCompressor().compress
    (tmp_path / "a.jsonl.zst").write_bytes(compress(b'{"a":1}\n{"b"') + compress(b":2}\n"))
    assert lines_of(tmp_path / "a.jsonl.zst") == ([b'{"a":1}', b'{"b":2}'], [])


def test_after_a_disk_that_refused_half_a_frame_the_file_is_whole_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def half(fd: int, data: bytes) -> int:
        monkeypatch.setattr("foreshock.segment.os.write", full)
        return write(fd, data[: len(data) // 2])

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with SegmentWriter(tmp_path / "a.jsonl.zst") as segment:
        segment.write(b'{"n":1}')
        segment.flush()
        segment.write(b'{"n":2}')
        monkeypatch.setattr("foreshock.segment.os.write", half)
        with pytest.raises(OSError, match="No space"):
            segment.flush()
        assert segment.file_bytes == segment.path.stat().st_size
        monkeypatch.undo()
        segment.write(b'{"n":3}')
    assert lines_of(segment.path) == ([b'{"n":1}', b'{"n":3}'], [])
    assert segment.digest == hashlib.sha256(segment.path.read_bytes()).hexdigest()
