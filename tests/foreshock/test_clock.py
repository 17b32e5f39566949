from foreshock.clock import Anchor


def test_an_anchor_tells_when_a_monotonic_instant_was() -> None:
    anchor = Anchor(wall_s=1_700_000_000.0, monotonic_s=50.0)
    assert anchor.since_s(62.5) == 12.5


def test_an_anchor_taken_now_stands_on_both_clocks() -> None:
    anchor = Anchor.now()
    assert anchor.wall_s > 1_600_000_000
    assert Anchor.now().monotonic_s >= anchor.monotonic_s


def test_what_has_elapsed_counts_from_the_anchor() -> None:
    before = Anchor.now()
    assert 0 <= before.elapsed_s() <= Anchor.now().monotonic_s - before.monotonic_s
