from recorder.losses import losses
from recorder.manifest import Counts, SignalCounts


def test_where_nothing_was_lost_nothing_is_said() -> None:
    assert list(losses(Counts(seen=5, stored=2, sampled_out=1, excluded=1, rotated_out=1), SignalCounts())) == []


def test_every_loss_is_a_warning_the_largest_first() -> None:
    counts = Counts(seen=9, stored=3, dropped={"the disk is full": 2, "queue full": 4})
    assert list(losses(counts, SignalCounts(lost={"metrics of shop gave nothing": 7}))) == [
        "4 of 9 exchanges were lost: queue full",
        "2 of 9 exchanges were lost: the disk is full",
        "7 signals were lost: metrics of shop gave nothing",
    ]
