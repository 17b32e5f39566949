from pathlib import Path

from recorder.ring import Rotation
from recorder.rings import Rings


class Hand:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_exchanges_and_messages_share_what_is_kept_and_the_oldest_of_both_goes_first(tmp_path: Path) -> None:
    clock = Hand()
    rings = Rings(tmp_path, Rotation(segment_bytes=1, keep_bytes=100), clock)
    for n in range(40):
        for ring in (rings.exchanges, rings.messages) if n % 4 == 0 else (rings.messages,):
            ring.write(b"%d" % n)
            clock.now_s += 1
        rings.tick()
        rings.let_go()
        rings.remove()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 100
    assert (rings.exchanges.taken, rings.messages.taken) == (10, 40)
    assert (rings.exchanges.rotated_out, rings.messages.rotated_out) == (
        10 - rings.exchanges.stored,
        40 - rings.messages.stored,
    )
    assert rings.exchanges.stored >= 1
    assert kept == sorted(facts.name for facts in rings.facts)
    assert kept[-1] == "messages-00040.jsonl.zst"


def test_without_a_bound_all_are_kept(tmp_path: Path) -> None:
    clock = Hand()
    rings = Rings(tmp_path, Rotation(segment_bytes=1), clock)
    for n in range(5):
        rings.messages.write(b"%d" % n)
        clock.now_s += 1
        rings.tick()
        assert not rings.let_go()
    rings.close()
    assert rings.messages.stored == 5
