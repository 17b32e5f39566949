from pathlib import Path

import pytest

from foreshock.frames import Frame, frames
from foreshock.segment import SegmentWriter


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    """Three frames of a line each."""
    with SegmentWriter(tmp_path / "a.jsonl.zst") as writer:
        for n in range(3):
            writer.write(b'{"n":%d}' % n)
            writer.flush()
    return writer.path


def test_every_frame_is_given_with_its_place(segment: Path) -> None:
    found = list(frames(segment))
    assert [frame.content for frame in found] == [b'{"n":0}\n', b'{"n":1}\n', b'{"n":2}\n']
    assert [frame.at for frame in found] == [0, found[0].size, found[0].size + found[1].size]
    assert sum(frame.size for frame in found) == segment.stat().st_size


def test_an_empty_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert list(frames(tmp_path / "a")) == []


@pytest.mark.parametrize("offset", range(9))
def test_damage_anywhere_in_a_frame_takes_that_frame_alone(segment: Path, offset: int) -> None:
    first, second, third = frames(segment)
    content = bytearray(segment.read_bytes())
    content[second.at + offset] ^= 0xFF
    segment.write_bytes(content)
    found = list(frames(segment))
    assert found[0] == first
    assert found[-1] == third
    assert [frame.content for frame in found[1:-1]] == [None]
    assert found[1][:2] == second[:2]
    assert "is damaged" in found[1].trouble


@pytest.mark.parametrize("kept_bytes", [1, 3, 8])
def test_a_cut_tail_is_told_from_damage(segment: Path, kept_bytes: int) -> None:
    *whole, last = frames(segment)
    segment.write_bytes(segment.read_bytes()[: last.at + kept_bytes])
    found = list(frames(segment))
    assert found[:-1] == whole
    assert found[-1] == Frame(last.at, kept_bytes, None, "is cut off")


def test_what_was_never_a_segment_is_one_bad_stretch(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"nothing of the kind")
    assert [frame.content for frame in frames(tmp_path / "a")] == [None]
