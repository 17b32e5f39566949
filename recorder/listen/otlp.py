"""OTLP's requests and answers, protobuf and JSON alike, as OpenTelemetry's own messages. No socket here.

https://opentelemetry.io/docs/specs/otlp/: JSON is protobuf's, but ids are hex and enums are numbers; unknown fields
are passed over.
"""

import base64
import binascii
import zlib
from typing import Any, NamedTuple

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

_IDS = frozenset(("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"))


class Unreadable(ValueError):
    """What came is not what its headers say. `status` is the one of HTTP to refuse it with."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class Export(NamedTuple):
    """What one path takes and answers, and how its answer tells what was rejected."""

    request: type[Message]
    response: type[Message]
    rejected: str


EXPORTS = {
    "/v1/logs": Export(logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse, "rejected_log_records"),
    "/v1/metrics": Export(
        metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse, "rejected_data_points"
    ),
    "/v1/traces": Export(trace.ExportTraceServiceRequest, trace.ExportTraceServiceResponse, "rejected_spans"),
}


def decoded(export: Export, body: bytes, media_type: str) -> Message:
    """The request. Raises Unreadable (415 for another media type, 400 for a body that is none)."""
    request = export.request()
    if media_type == PROTOBUF:
        try:
            request.ParseFromString(body)
        except DecodeError as error:
            raise Unreadable(400, f"not the protobuf of {request.DESCRIPTOR.name}: {error}") from None
    elif media_type == JSON:
        try:
            json_format.ParseDict(
                _with_ids(msgspec.json.decode(body, type=dict[str, Any])), request, ignore_unknown_fields=True
            )
        except (msgspec.DecodeError, json_format.ParseError, RecursionError) as error:
            raise Unreadable(400, f"not the JSON of {request.DESCRIPTOR.name}: {type(error).__name__}") from None
    else:
        raise Unreadable(415, f"expected {PROTOBUF} or {JSON}")
    return request


def answer(export: Export, rejected: int, why: str, media_type: str) -> bytes:
    """The body of a 200: empty success, or a partial one, which is not to be sent again."""
    response = export.response()
    if rejected:
        partial = response.partial_success  # type: ignore[attr-defined]  # each of the three has it
        setattr(partial, export.rejected, rejected)
        partial.error_message = why
    if media_type == JSON:
        return json_format.MessageToJson(response, indent=None).encode()
    return response.SerializeToString()


def refusal(problem: str, media_type: str) -> bytes:
    """The body of a 4xx: google.rpc.Status, whose second field is the message."""
    if media_type == JSON:
        return msgspec.json.encode({"code": 3, "message": problem})
    said = problem.encode()[:120]  # a length below 128 is one byte
    return b"\x08\x03\x12" + bytes((len(said),)) + said


def unpacked(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """The body without its encoding. Raises Unreadable: 413 beyond `most_bytes`, 415 for another encoding than gzip."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Unreadable(415, "expected Content-Encoding gzip, or none")
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        whole = inflate.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise Unreadable(400, f"not gzip: {error}") from None
    if len(whole) > most_bytes:
        raise Unreadable(413, f"more than {most_bytes} bytes, unpacked")
    if not inflate.eof:
        raise Unreadable(400, "not gzip: it is cut")
    return whole


def _with_ids(value: Any) -> Any:
    """JSON whose ids are base64, as protobuf's JSON has bytes."""
    if isinstance(value, dict):
        return {key: _id(item) if key in _IDS else _with_ids(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_ids(item) for item in value]
    return value


def _id(value: Any) -> Any:
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode()
    except (binascii.Error, TypeError, ValueError):
        return ""  # an id that is none: the rest of the span holds all the same
