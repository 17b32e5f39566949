import pytest

from recorder.listen.signal import Sample
from recorder.listen.statsdlines import Malformed, Sums, Update, parse


@pytest.mark.parametrize(
    ("line", "update"),
    [
        ("orders:1|c", Update("orders", (), "c", ("1",), 1.0)),
        ("orders:2|c|@0.1", Update("orders", (), "c", ("2",), 0.1)),
        ("depth:-3|g", Update("depth", (), "g", ("-3",), 1.0)),
        ("latency:320|ms|@0.5", Update("latency", (), "ms", ("320",), 0.5)),
        ("users:ada|s", Update("users", (), "s", ("ada",), 1.0)),
        ("page.views:1|c|#env:prod,hot", Update("page.views", (("env", "prod"), ("hot", "")), "c", ("1",), 1.0)),
        ("pay:1:2:3.5|d|@1|#a:b:c", Update("pay", (("a", "b:c"),), "d", ("1", "2", "3.5"), 1.0)),
        ("orders:1|c|#a:b|c:83c0a99c|T1656581400", Update("orders", (("a", "b"),), "c", ("1",), 1.0)),
        ("_e{5,4}:title|text|#a", None),
        ("_sc|redis|0|h:a", None),
    ],
)
def test_a_line_is_read_with_its_rate_and_its_tags(line: str, update: Update | None) -> None:
    assert parse(line) == update


@pytest.mark.parametrize(
    "line",
    ["", "orders", "orders:1", "orders:|c", ":1|c", "orders:x|c", "orders:1|q", "o:1|c|@0", "o:1|c|@2", "o:nan|g"],
)
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(Malformed):
        parse(line)


def sums_of(*lines: str, series: int = 5000) -> Sums:
    sums = Sums(series)
    for line in lines:
        update = parse(line)
        assert update is not None
        sums.add(update)
    return sums


def samples(*lines: str) -> dict[str, Sample]:
    sums = sums_of(*lines)
    return {sample.name: sample for sample in sums.samples(7.0, "statsd")}


def test_counters_are_summed_up_with_what_their_rate_left_out() -> None:
    assert samples("a:1|c", "a:2|c|@0.1", "a:-1|c")["a"] == Sample(7.0, "statsd", "a", 20.0, "counter")


def test_a_gauge_is_what_it_was_set_to_and_a_sign_makes_a_difference_of_it() -> None:
    assert samples("a:5|g", "a:+3|g", "a:-1|g")["a"] == Sample(7.0, "statsd", "a", 7.0, "gauge")
    assert samples("a:5|g", "a:2|g")["a"].value == 2.0


def test_a_set_counts_what_differs_and_begins_again() -> None:
    sums = sums_of("users:ada|s", "users:bob|s", "users:ada|s")
    assert [sample.value for _ in range(2) for sample in sums.samples(7.0, "statsd")] == [2, 0]


def test_timers_are_histograms_whose_count_and_sum_are_weighed_by_their_rate() -> None:
    read = samples("t:100|ms", "t:200|ms|@0.5")
    assert read["t"].kind == "histogram"
    assert read["t"].value == 3.0
    assert [count for _, count in read["t"].buckets] == [1.0, 3.0]
    assert all(exact <= bound <= exact * 1.1 for exact, (bound, _) in zip((100, 200), read["t"].buckets, strict=True))
    assert (read["t_count"].value, read["t_count"].kind) == (3.0, "counter")
    assert read["t_sum"].value == 500.0


def test_series_are_told_apart_by_their_tags_in_any_order_of_names() -> None:
    read = samples("a:1|c|#y:2,x:1", 'a:1|c|#x:quote"d')
    assert set(read) == {'a{x="1",y="2"}', 'a{x="quote\\"d"}'}


def test_series_beyond_the_bound_are_counted() -> None:
    sums = sums_of(*(f"{name}:1|c" for name in "abca"), series=2)
    assert {sample.name: sample.value for sample in sums.samples(7.0, "statsd")} == {"a": 2.0, "b": 1.0}
    assert sums.refused == 1
