from pathlib import Path

from foreshock.segment import read_segment
from recorder.ring import Ring, Rotation


class Hand:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_segment_is_made_when_there_is_a_line_for_it(tmp_path: Path) -> None:
    ring = Ring(tmp_path, "signals", Rotation())
    ring.tick()
    assert names(tmp_path) == []
    ring.write(b"{}")
    assert names(tmp_path) == ["signals-00001.jsonl.zst"]
    ring.close()
    ring.close()


def test_a_full_segment_is_followed_by_the_next(tmp_path: Path) -> None:
    clock = Hand()
    ring = Ring(tmp_path, "exchanges", Rotation(segment_bytes=1), clock)
    for n in range(3):
        ring.write(b"%d" % n)
        clock.now_s += 1
        ring.tick()
    ring.close()
    assert [list(read_segment(path, print)) for path in sorted(tmp_path.iterdir())] == [[b"0"], [b"1"], [b"2"]]
    assert [facts.lines for facts in ring.facts] == [1, 1, 1]


def test_a_segment_whose_time_has_come_is_followed_by_the_next(tmp_path: Path) -> None:
    clock = Hand()
    ring = Ring(tmp_path, "exchanges", Rotation(every_s=3600), clock)
    ring.write(b"1")
    clock.now_s = 3599
    ring.tick()
    assert len(ring.facts) == 1
    clock.now_s = 3600
    ring.tick()
    clock.now_s = 99_999  # quiet nights make no empty segments
    ring.tick()
    ring.write(b"2")
    ring.close()
    assert [facts.lines for facts in ring.facts] == [1, 1]


def test_the_oldest_segments_are_let_go_by_number_and_counted_and_removed_only_then(tmp_path: Path) -> None:
    clock = Hand()
    ring = Ring(tmp_path, "exchanges", Rotation(segment_bytes=1, keep_segments=2), clock)
    for n in range(4):
        ring.write(b"%d" % n)
        clock.now_s += 1
        ring.tick()
    assert not ring.rotated_out
    assert ring.let_go()
    assert (ring.taken, ring.stored, ring.rotated_out, ring.lost) == (4, 2, 2, 0)
    assert [facts.name for facts in ring.facts] == ["exchanges-00003.jsonl.zst", "exchanges-00004.jsonl.zst"]
    assert len(names(tmp_path)) == 4
    ring.remove()
    assert names(tmp_path) == ["exchanges-00003.jsonl.zst", "exchanges-00004.jsonl.zst"]
    assert not ring.let_go()


def test_the_oldest_segments_are_let_go_by_bytes(tmp_path: Path) -> None:
    clock = Hand()
    ring = Ring(tmp_path, "exchanges", Rotation(segment_bytes=1, keep_bytes=60), clock)
    for n in range(10):
        ring.write(b"%d" % n)
        clock.now_s += 1
        ring.tick()
        ring.let_go()
        ring.remove()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 60
    assert ring.stored + ring.rotated_out == 10
    assert ring.stored >= 2
