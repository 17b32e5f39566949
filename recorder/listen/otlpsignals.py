"""The logs and spans of OTLP's messages as signals, and what all three kinds of message share."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from foreshock.clock import Clock
from recorder.listen.logformat import fields_of, level_of, said_by
from recorder.listen.logs import mask
from recorder.listen.signal import LogLine, Role, Span
from recorder.listen.skew import Skew

What = Literal["logs", "metrics", "spans"]

_SOURCES = 1000  # whose clocks are followed; the others' things are where they came
_ROLES: tuple[Role, ...] = ("", "internal", "server", "client", "producer", "consumer")
_LEVELS = ((21, "FATAL"), (17, "ERROR"), (13, "WARN"), (9, "INFO"), (1, "DEBUG"))  # from which severity number on


class Placing:
    """Our clock, and how far those of the services are from it: by service, logs, metrics and spans each for itself,
    for they come by ways of different length."""

    def __init__(self, clock: Clock, wall: Callable[[], float] = time.time) -> None:
        self.skews: dict[str, Skew] = {}
        self._clock = clock
        self._ours_minus_wall_s = clock() - wall()

    def now_s(self) -> float:
        return self._clock()

    def place(self, source: str, what: What, came_s: float, unix_nano: int) -> float:
        """When it was, on our clock; when it came where it does not say."""
        if not unix_nano:
            return came_s
        name = f"{source}'s {what}"
        skew = self.skews.get(name)
        if skew is None:
            if len(self.skews) >= _SOURCES:
                return came_s
            skew = self.skews[name] = Skew(self._ours_minus_wall_s)
        return skew.place(came_s, unix_nano / 1e9)


def service_of(resource: Resource) -> str:
    """The source: the service's name."""
    return next((text_of(each.value) for each in resource.attributes if each.key == "service.name"), "") or "otlp"


def labels_of(attributes: Iterable[KeyValue]) -> list[tuple[str, str]]:
    return [(each.key, text_of(each.value)) for each in attributes]


def text_of(value: AnyValue) -> str:
    """A plain value as text; lists, maps and bytes are ''."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return f"{value.double_value:.6g}" if math.isfinite(value.double_value) else ""
    return ""


def log_lines(request: ExportLogsServiceRequest, placing: Placing) -> Iterator[LogLine | None]:
    """One for each record, in order; None for one that says nothing."""
    came_s = placing.now_s()
    for resource in request.resource_logs:
        source = service_of(resource.resource)
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield _log_line(record, source, scope.scope.name, came_s, placing)


def _log_line(record: LogRecord, source: str, logger: str, came_s: float, placing: Placing) -> LogLine | None:
    said = said_by(text_of(record.body))
    level = next((level for least, level in _LEVELS if record.severity_number >= least), "")
    level = level or level_of(record.severity_text) or said.level
    attributes: dict[str, str] = {each.key: text_of(each.value) for each in record.attributes}
    fields = fields_of({"logger": logger, **attributes} if logger else attributes)
    template = mask(said.message or record.event_name)
    if not template and not level:
        return None
    t_s = placing.place(source, "logs", came_s, record.time_unix_nano or record.observed_time_unix_nano)
    return LogLine(t_s, source, level, template, fields or said.fields)


def spans(request: ExportTraceServiceRequest, placing: Placing) -> Iterator[Span | None]:
    """One for each that has ended, in order; None for one that has not."""
    came_s = placing.now_s()
    for resource in request.resource_spans:
        source = service_of(resource.resource)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(span, source, came_s, placing) if span.end_time_unix_nano else None


def _span(span: WireSpan, source: str, came_s: float, placing: Placing) -> Span:
    return Span(
        t_s=placing.place(source, "spans", came_s, span.end_time_unix_nano),
        source=source,
        operation=mask(span.name),
        duration_s=max(0, span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        role=_ROLES[span.kind] if 0 <= span.kind < len(_ROLES) else "",
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
    )
