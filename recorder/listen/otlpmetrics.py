"""The metrics of OTLP's messages as samples: what comes as a difference (delta temporality) is summed up here.

https://opentelemetry.io/docs/specs/otel/metrics/data-model/. Names and attributes stay OpenTelemetry's.
"""

import math
from collections.abc import Iterator

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)

from recorder.listen.histogram import cumulative
from recorder.listen.otlpsignals import Placing, labels_of, service_of
from recorder.listen.series import SERIES, Distribution, Room, histogram_samples, series_name
from recorder.listen.signal import Kind, Sample

_DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
_NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK

_Point = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint


class MetricsReader:
    """Keeps the sums of series that come as differences, at most `series` of them all."""

    def __init__(self, placing: Placing, series: int = SERIES) -> None:
        self._placing = placing
        self._room = Room(series)
        self._sums: dict[str, float] = {}
        self._distributions: dict[str, Distribution] = {}

    def samples(self, request: ExportMetricsServiceRequest) -> Iterator[list[Sample] | None]:
        """The samples of each data point, in order; None for one of a series too many."""
        came_s = self._placing.now_s()
        for resource in request.resource_metrics:
            source = service_of(resource.resource)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    yield from self._of_metric(metric, source, came_s)

    def _of_metric(self, metric: Metric, source: str, came_s: float) -> Iterator[list[Sample] | None]:
        match metric.WhichOneof("data"):
            case "gauge":
                points: list[_Point] = list(metric.gauge.data_points)
            case "sum":
                points = list(metric.sum.data_points)
            case "histogram":
                points = list(metric.histogram.data_points)
            case "exponential_histogram":
                points = list(metric.exponential_histogram.data_points)
            case "summary":
                points = list(metric.summary.data_points)
            case _:
                return
        for point in points:
            if point.flags & _NO_VALUE:
                yield []
            elif not self._room.admits((source, metric.name, series_name("", labels_of(point.attributes)))):
                yield None
            else:
                t_s = self._placing.place(source, "metrics", came_s, point.time_unix_nano)
                yield self._of_point(metric, point, t_s, source)

    def _of_point(self, metric: Metric, point: _Point, t_s: float, source: str) -> list[Sample]:
        match point:
            case NumberDataPoint():
                return self._number(metric, point, t_s, source)
            case HistogramDataPoint():
                each = map(float, point.bucket_counts)
                counts = dict(zip((*point.explicit_bounds, math.inf), each, strict=False))
                is_delta = metric.histogram.aggregation_temporality == _DELTA
                return self._distribution(metric, point, counts, t_s, source, is_delta=is_delta)
            case ExponentialHistogramDataPoint():
                is_delta = metric.exponential_histogram.aggregation_temporality == _DELTA
                return self._distribution(metric, point, _exponential(point), t_s, source, is_delta=is_delta)
            case SummaryDataPoint():
                return _summary(metric.name, point, t_s, source)

    def _number(self, metric: Metric, point: NumberDataPoint, t_s: float, source: str) -> list[Sample]:
        value = float(point.as_int) if point.WhichOneof("value") == "as_int" else point.as_double
        if not math.isfinite(value):
            return []
        name = series_name(metric.name, labels_of(point.attributes))
        kind: Kind = "counter" if metric.WhichOneof("data") == "sum" and metric.sum.is_monotonic else "gauge"
        if metric.WhichOneof("data") == "sum" and metric.sum.aggregation_temporality == _DELTA:
            key = f"{source} {name}"
            value = self._sums[key] = self._sums.get(key, 0.0) + value
        return [Sample(t_s, source, name, value, kind)]

    def _distribution(
        self,
        metric: Metric,
        point: HistogramDataPoint | ExponentialHistogramDataPoint,
        counts: dict[float, float],
        t_s: float,
        source: str,
        *,
        is_delta: bool,
    ) -> list[Sample]:
        labels = labels_of(point.attributes)
        count, total, buckets = float(point.count), point.sum if point.HasField("sum") else None, cumulative(counts)
        if is_delta:
            key = f"{source} {series_name(metric.name, labels)}"
            sums = self._distributions.setdefault(key, Distribution())
            sums.add(counts, count, total or 0.0)
            count, total, buckets = sums.count, None if total is None else sums.sum, sums.buckets
        return histogram_samples(t_s, source, metric.name, labels, count=count, total=total, buckets=buckets)


def _exponential(point: ExponentialHistogramDataPoint) -> dict[float, float]:
    """How many were in each bucket, by its upper bound: base ** (index + 1), where base is 2 ** 2 ** -scale.

    Of bounds that no float holds the last that one does is taken.
    """
    step = 2.0**-point.scale
    counts: dict[float, float] = {}
    if point.zero_count:
        counts[0.0] = float(point.zero_count)
    for index, count in enumerate(point.positive.bucket_counts, point.positive.offset):
        if count:
            bound = float(f"{2 ** min(1023.0, (index + 1) * step):.9g}")
            counts[bound] = counts.get(bound, 0.0) + count
    for index, count in enumerate(point.negative.bucket_counts, point.negative.offset):
        if count:  # from -(base ** (index + 1)) up to -(base ** index)
            bound = -float(f"{2 ** min(1023.0, index * step):.9g}")
            counts[bound] = counts.get(bound, 0.0) + count
    return counts


def _summary(name: str, point: SummaryDataPoint, t_s: float, source: str) -> list[Sample]:
    labels = labels_of(point.attributes)
    samples = histogram_samples(t_s, source, name, labels, count=float(point.count), total=point.sum, buckets=())
    for each in point.quantile_values:
        if math.isfinite(each.value):
            series = series_name(name, [*labels, ("quantile", f"{each.quantile:.6g}")])
            samples.append(Sample(t_s, source, series, each.value, "gauge"))
    return samples
