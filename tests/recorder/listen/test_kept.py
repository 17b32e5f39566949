from recorder.listen.kept import Kept
from recorder.listen.signal import LogLine, Sample, Span


def test_the_oldest_of_each_kind_is_forgotten_and_counted() -> None:
    kept = Kept(samples=2, lines=1, spans=1)
    for t_s in (1.0, 2.0, 3.0):
        kept.hear(Sample(t_s, "shop", "a", 1.0))
        kept.hear(LogLine(t_s, "shop", "INFO", "well"))
        kept.hear(Span(t_s=t_s, source="shop", operation="pay", duration_s=0.1))
    assert [sample.t_s for sample in kept.samples] == [2.0, 3.0]
    assert [line.t_s for line in kept.log_lines] == [3.0]
    assert [span.t_s for span in kept.spans] == [3.0]
    assert kept.losses == (
        "the oldest 1 samples were forgotten",
        "the oldest 2 log lines were forgotten",
        "the oldest 2 spans were forgotten",
    )


def test_lines_are_in_order_of_time_whatever_the_order_they_came_in() -> None:
    kept = Kept()
    for t_s in (2.0, 1.0, 3.0):
        kept.hear(LogLine(t_s, "shop", "", "well"))
    assert [line.t_s for line in kept.log_lines] == [1.0, 2.0, 3.0]


def test_what_was_before_is_not_kept_and_counted() -> None:
    kept = Kept(5.0)
    kept.hear(LogLine(4.9, "shop", "", "held up"))
    assert kept.log_lines == ()
    assert kept.losses == ("1 signals were from before it began, and came late",)


def test_losses_are_told_with_how_many_there_were() -> None:
    kept = Kept()
    kept.lose_signals("metrics of shop gave nothing")
    kept.lose_signals("metrics of shop gave nothing")
    kept.lose_signals("sql pending: locked")
    assert kept.losses == ("metrics of shop gave nothing (2 times)", "sql pending: locked")
