import math

from recorder.listen.prometheus import parse

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
