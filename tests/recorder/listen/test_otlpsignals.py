"""Our clock shows 7 at Unix time 1007."""

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from recorder.listen.otlpsignals import Placing, log_lines, spans
from recorder.listen.signal import LogLine, Span

SHOP = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value="shop"))])
SECOND = 1_000_000_000


def placing() -> Placing:
    return Placing(lambda: 7.0, wall=lambda: 1007.0)


def logged(*records: LogRecord, resource: Resource = SHOP, scope: str = "") -> list[LogLine | None]:
    scoped = ScopeLogs(scope=InstrumentationScope(name=scope), log_records=records)
    request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=resource, scope_logs=[scoped])])
    return list(log_lines(request, placing()))


def said(text: str) -> AnyValue:
    return AnyValue(string_value=text)


def test_a_record_is_a_line_of_its_service_masked_with_its_logger_and_the_names_of_its_attributes() -> None:
    record = LogRecord(
        time_unix_nano=1007 * SECOND,
        severity_number=17,
        body=said("order 17 of ada@example.org is late"),
        attributes=[
            KeyValue(key="exception.type", value=said("TimeoutError")),
            KeyValue(key="user", value=said("ada")),
        ],
    )
    assert logged(record, scope="app.pool") == [
        LogLine(
            7.0, "shop", "ERROR", "order <*> of <*> is late",
            (("logger", "app.pool"), ("exception.type", "TimeoutError"), ("user", "")),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text", "body", "level"),
    [(1, "", "x", "DEBUG"), (9, "", "x", "INFO"), (13, "", "x", "WARN"), (24, "", "x", "FATAL"),
     (0, "warning", "x", "WARN"), (0, "", "ERROR x", "ERROR"), (0, "", "x", "")],
)  # fmt: skip
def test_the_level_is_the_record_s_and_else_what_its_text_says(number: int, text: str, body: str, level: str) -> None:
    (line,) = logged(LogRecord(severity_number=number, severity_text=text, body=said(body)))  # type: ignore[arg-type]
    assert line is not None
    assert (line.level, line.template, line.t_s) == (level, "x", 7.0)


def test_a_record_that_says_nothing_is_none_and_one_without_a_service_has_a_source_all_the_same() -> None:
    lines = logged(LogRecord(), LogRecord(body=said("x")), resource=Resource())
    assert lines == [None, LogLine(7.0, "otlp", "", "x")]


def test_what_waited_in_a_batch_is_placed_when_it_was() -> None:
    placed = placing()
    records = [LogRecord(time_unix_nano=n * SECOND, body=said("x")) for n in (1007, 1003, 1005)]
    request = ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=SHOP, scope_logs=[ScopeLogs(log_records=records)])]
    )
    assert [line.t_s for line in log_lines(request, placed) if line] == pytest.approx([7.0, 3.0, 5.0])
    assert placed.skews["shop's logs"].behind_s == pytest.approx(0.0)


def test_a_span_is_told_when_it_ended_with_its_place_in_the_trace() -> None:
    span = WireSpan(
        trace_id=bytes(range(16)), span_id=b"12345678", parent_span_id=b"87654321", name="GET /orders/17",
        kind=WireSpan.SPAN_KIND_CLIENT, start_time_unix_nano=1005 * SECOND, end_time_unix_nano=1007 * SECOND,
        status=Status(code=Status.STATUS_CODE_ERROR),
    )  # fmt: skip
    unended = WireSpan(name="x", start_time_unix_nano=1)
    request = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=SHOP, scope_spans=[ScopeSpans(spans=[span, unended])])]
    )
    assert list(spans(request, placing())) == [
        Span(
            t_s=7.0, source="shop", operation="GET <*>", duration_s=2.0, role="client", failed=True,
            trace="000102030405060708090a0b0c0d0e0f", span=b"12345678".hex(), parent=b"87654321".hex(),
        ),
        None,
    ]  # fmt: skip
