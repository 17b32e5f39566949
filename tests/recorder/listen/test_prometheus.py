import math

from recorder.listen.prometheus import Point, parse, points

PAGE = r"""
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{ method = "post" , code="400", } 3
msdos_file_access_time_seconds{path="C:\\DIR\\F.TXT",error="Cannot find file:\n\"F.TXT\" {}"} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
nothing NaN
rpc_duration_seconds_bucket{le="+Inf"} 144320
with_exemplar_total 5 # {trace_id="x"} 1
empty{} 1
"""


def test_the_formats_own_example_is_read() -> None:
    series = dict(parse(PAGE))
    assert math.isnan(series.pop("nothing"))
    assert series == {
        'http_requests_total{method="post",code="200"}': 1027,
        'http_requests_total{method="post",code="400"}': 3,
        r'msdos_file_access_time_seconds{path="C:\\DIR\\F.TXT",error="Cannot find file:\n\"F.TXT\" {}"}': 1.458255915e9,
        "metric_without_timestamp_and_labels": 12.47,
        'something_weird{problem="division by zero"}': math.inf,
        'rpc_duration_seconds_bucket{le="+Inf"}': 144320,
        "with_exemplar_total": 5,
        "empty": 1,
    }


def test_lines_that_are_no_sample_are_passed_over() -> None:
    assert list(parse("a\nb{ 1\nc one\n<html>\nd 1\r\n")) == [("d", 1.0)]


def the_points(page: str) -> list[Point]:
    return [point for point in points(page) if point is not None]


HISTOGRAM = """\
# HELP http_seconds How long.
# TYPE http_seconds histogram
http_seconds_bucket{route="/a",le="0.1"} 3
http_seconds_bucket{route="/a",le="1"} 4
http_seconds_bucket{route="/a",le="+Inf"} 5
http_seconds_sum{route="/a"} 7.5
http_seconds_count{route="/a"} 5
http_seconds_bucket{le="0.1",route="/b"} 1
http_seconds_bucket{le="+Inf",route="/b"} 1
http_seconds_sum{route="/b"} 0.1
http_seconds_count{route="/b"} 1
"""


def test_a_histogram_s_buckets_are_one_point_of_each_of_its_series() -> None:
    assert the_points(HISTOGRAM) == [
        Point('http_seconds{route="/a"}', 5.0, "histogram", ((0.1, 3.0), (1.0, 4.0))),
        Point('http_seconds_sum{route="/a"}', 7.5, "counter"),
        Point('http_seconds_count{route="/a"}', 5.0, "counter"),
        Point('http_seconds{route="/b"}', 1.0, "histogram", ((0.1, 1.0),)),
        Point('http_seconds_sum{route="/b"}', 0.1, "counter"),
        Point('http_seconds_count{route="/b"}', 1.0, "counter"),
    ]


def test_a_page_that_ends_within_a_histogram_is_worth_what_is_there() -> None:
    assert the_points('h_bucket{le="1"} 2') == [Point("h", 2.0, "histogram", ((1.0, 2.0),))]


def test_kinds_are_as_declared_and_an_undeclared_total_is_a_counter_by_its_name() -> None:
    page = (
        "# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 1\n# TYPE c gauge\nc 1\n# TYPE d summary\n"
        'd{quantile="0.9"} 1\nd_sum 1\nd_count 1\n# TYPE e untyped\ne 1\n# TYPE f_total untyped\n'
        "f_total 1\ng_total 1\nh 1\n"
        "# TYPE i_total gauge\ni_total 1\n"
    )
    assert {point.name: point.kind for point in the_points(page)} == {
        "a": "counter", "b_total": "counter", "c": "gauge", 'd{quantile="0.9"}': "gauge", "d_sum": "counter",
        "d_count": "counter", "e": "", "f_total": "counter", "g_total": "counter", "h": "", "i_total": "gauge",
    }  # fmt: skip


# The OpenMetrics specification's own example of an overall structure, with a unit, exemplars, and the other types.
OPENMETRICS = """\
# TYPE acme_http_router_request_seconds summary
# UNIT acme_http_router_request_seconds seconds
# HELP acme_http_router_request_seconds Latency though all of ACME's HTTP request router.
acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
acme_http_router_request_seconds_count{path="/api/v1",method="GET"} 807283.0
acme_http_router_request_seconds_created{path="/api/v1",method="GET"} 1605281325.0
# TYPE go_goroutines gauge
# HELP go_goroutines Number of goroutines that currently exist.
go_goroutines 69
# TYPE process_cpu_seconds counter
# UNIT process_cpu_seconds seconds
process_cpu_seconds_total 4.20072246e+06 1605281325.0
process_cpu_seconds_created 1605281325.0
# TYPE foo histogram
foo_bucket{le="0.01"} 0
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1"} 11 # {trace_id="KOO5S4vxi0o"} 0.67
foo_bucket{le="10"} 17 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
foo_bucket{le="+Inf"} 17
foo_count 17
foo_sum 324789.3
foo_created 1520430000.123
# TYPE bar gaugehistogram
bar_bucket{le="1"} 20
bar_bucket{le="+Inf"} 42
bar_gcount 42
bar_gsum 3289.3
# TYPE build info
build_info{version="8.2.7"} 1
# TYPE feature stateset
feature{feature="a"} 1
# TYPE odd unknown
odd 23
# EOF
"""


def test_openmetrics_is_read_with_its_types() -> None:
    read = {point.name: (point.value, point.kind) for point in the_points(OPENMETRICS)}
    assert read == {
        'acme_http_router_request_seconds_sum{path="/api/v1",method="GET"}': (9036.32, "counter"),
        'acme_http_router_request_seconds_count{path="/api/v1",method="GET"}': (807283.0, "counter"),
        "go_goroutines": (69.0, "gauge"),
        "process_cpu_seconds_total": (4200722.46, "counter"),
        "foo": (17.0, "histogram"),
        "foo_count": (17.0, "counter"),
        "foo_sum": (324789.3, "counter"),
        "bar": (42.0, "histogram"),
        "bar_gcount": (42.0, "gauge"),
        "bar_gsum": (3289.3, "gauge"),
        'build_info{version="8.2.7"}': (1.0, "gauge"),
        'feature{feature="a"}': (1.0, "gauge"),
        "odd": (23.0, ""),
    }
    foo = next(point for point in the_points(OPENMETRICS) if point.name == "foo")
    assert foo.buckets == ((0.01, 0.0), (0.1, 8.0), (1.0, 11.0), (10.0, 17.0))
