import math

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from recorder.listen.histogram import quantile
from recorder.listen.otlpmetrics import MetricsReader
from recorder.listen.otlpsignals import Placing
from recorder.listen.signal import Sample

CUMULATIVE, DELTA = 2, 1


def request(**metric: object) -> ExportMetricsServiceRequest:
    service = {"key": "service.name", "value": {"stringValue": "shop"}}
    return json_format.ParseDict(
        {"resourceMetrics": [{"resource": {"attributes": [service]}, "scopeMetrics": [{"metrics": [metric]}]}]},
        ExportMetricsServiceRequest(),
    )


def reader(series: int = 5000) -> MetricsReader:
    return MetricsReader(Placing(lambda: 7.0, wall=lambda: 1007.0), series)


def told(reading: MetricsReader, **metric: object) -> list[tuple[str, float, str]]:
    found = [samples for samples in reading.samples(request(**metric)) if samples]
    assert all(sample.source == "shop" and sample.t_s == 7.0 for samples in found for sample in samples)
    return [(sample.name, sample.value, sample.kind) for samples in found for sample in samples]


def point(**fields: object) -> dict[str, object]:
    return {"timeUnixNano": "1007000000000", **fields}


def test_a_gauge_is_one_of_each_set_of_attributes() -> None:
    attributes = [{"key": "pool", "value": {"stringValue": 'a"b'}}, {"key": "n", "value": {"intValue": "3"}}]
    points = [point(asDouble=2.5, attributes=attributes), point(asInt="7"), point(asDouble="NaN"), point(flags=1)]
    assert told(reader(), name="in_use", gauge={"dataPoints": points}) == [
        ('in_use{n="3",pool="a\\"b"}', 2.5, "gauge"),
        ("in_use", 7.0, "gauge"),
    ]


@pytest.mark.parametrize(
    ("temporality", "monotonic", "values", "kind"),
    [
        (CUMULATIVE, True, [3.0, 4.0], "counter"),
        (DELTA, True, [3.0, 7.0], "counter"),
        (CUMULATIVE, False, [3.0, 4.0], "gauge"),
        (DELTA, False, [3.0, 7.0], "gauge"),
    ],
)
def test_a_sum_is_told_from_its_beginning_however_it_comes(
    temporality: int, monotonic: bool, values: list[float], kind: str
) -> None:
    reading = reader()
    sums = [
        {"aggregationTemporality": temporality, "isMonotonic": monotonic, "dataPoints": [point(asInt=value)]}
        for value in ("3", "4")
    ]
    assert [told(reading, name="orders", sum=each) for each in sums] == [[("orders", value, kind)] for value in values]


@pytest.mark.parametrize("temporality", [CUMULATIVE, DELTA])
def test_a_histogram_keeps_its_buckets_from_its_beginning(temporality: int) -> None:
    reading = reader()
    counts = [["1", "2", "1"], ["2", "4", "1"] if temporality == CUMULATIVE else ["1", "2", "0"]]
    totals = [("4", 9.0), ("7", 20.0) if temporality == CUMULATIVE else ("3", 11.0)]
    samples: list[Sample] = []
    for each, (count, total) in zip(counts, totals, strict=True):
        one = point(count=count, sum=total, bucketCounts=each, explicitBounds=[0.1, 1])
        histogram = {"aggregationTemporality": temporality, "dataPoints": [one]}
        (samples_of_one,) = reading.samples(request(name="http", histogram=histogram))
        assert samples_of_one
        samples = samples_of_one
    assert samples == [
        Sample(7.0, "shop", "http", 7.0, "histogram", ((0.1, 2.0), (1.0, 6.0))),
        Sample(7.0, "shop", "http_count", 7.0, "counter"),
        Sample(7.0, "shop", "http_sum", 20.0, "counter"),
    ]


def test_an_exponential_histogram_s_buckets_have_their_bounds() -> None:
    one = point(
        count="10", scale=0, zeroCount="1",
        positive={"offset": 0, "bucketCounts": ["2", "0", "4"]},  # up to 2, 4 and 8
        negative={"offset": 1, "bucketCounts": ["3"]},  # from -4 up to -2
    )  # fmt: skip
    histogram = {"aggregationTemporality": CUMULATIVE, "dataPoints": [one]}
    ((sample, count),) = [
        samples for samples in reader().samples(request(name="h", exponentialHistogram=histogram)) if samples
    ]
    assert sample.buckets == ((-2.0, 3.0), (0.0, 4.0), (2.0, 6.0), (8.0, 10.0))
    assert (count.name, count.value) == ("h_count", 10.0)
    assert quantile(0.5, (), sample.buckets, 10) == pytest.approx(1.0)


@pytest.mark.parametrize(("scale", "offset"), [(-10, 100), (20, -2_000_000), (0, 5000)])
def test_a_bound_that_no_float_holds_is_the_last_that_one_does(scale: int, offset: int) -> None:
    one = point(count="1", scale=scale, positive={"offset": offset, "bucketCounts": ["1"]})
    histogram = {"aggregationTemporality": CUMULATIVE, "dataPoints": [one]}
    (samples,) = reader().samples(request(name="h", exponentialHistogram=histogram))
    assert samples
    assert all(math.isfinite(bound) for bound, _ in samples[0].buckets)


def test_a_summary_s_quantiles_are_gauges() -> None:
    one = point(count="2", sum=3.0, quantileValues=[{"quantile": 0.99, "value": 2.5}])
    assert told(reader(), name="t", summary={"dataPoints": [one]}) == [
        ("t_count", 2.0, "counter"),
        ("t_sum", 3.0, "counter"),
        ('t{quantile="0.99"}', 2.5, "gauge"),
    ]


def test_series_beyond_the_bound_are_none() -> None:
    points = [point(asInt="1", attributes=[{"key": "id", "value": {"intValue": str(n)}}]) for n in range(3)]
    read = list(reader(series=2).samples(request(name="a", gauge={"dataPoints": points})))
    assert [samples is None for samples in read] == [False, False, True]
