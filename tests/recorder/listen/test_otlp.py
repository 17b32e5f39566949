import gzip

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.listen.otlp import EXPORTS, JSON, PROTOBUF, Unreadable, answer, decoded, refusal, unpacked

# The specification's own example of a trace in JSON (opentelemetry-proto, examples/trace.json), shortened.
TRACE = b"""{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
  "scopeSpans": [{"scope": {"name": "my.library"}, "spans": [{"traceId": "5B8EFFF798038103D269B633813FC60C",
  "spanId": "EEE19B7EC3C1B174", "parentSpanId": "EEE19B7EC3C1B173", "name": "I'm a server span",
  "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000", "kind": 2,
  "somethingNew": true}]}]}]}"""


def test_json_is_read_with_its_hex_ids_and_what_is_not_known_yet_is_passed_over() -> None:
    request = decoded(EXPORTS["/v1/traces"], TRACE, JSON)
    assert isinstance(request, ExportTraceServiceRequest)
    (span,) = request.resource_spans[0].scope_spans[0].spans
    assert span.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert (span.span_id.hex(), span.parent_span_id.hex()) == ("eee19b7ec3c1b174", "eee19b7ec3c1b173")
    assert (span.kind, span.end_time_unix_nano) == (2, 1_544_712_661_000_000_000)


def test_an_id_that_is_none_takes_nothing_from_the_rest() -> None:
    request = decoded(EXPORTS["/v1/traces"], TRACE.replace(b"EEE19B7EC3C1B174", b"nothex"), JSON)
    assert isinstance(request, ExportTraceServiceRequest)
    assert request.resource_spans[0].scope_spans[0].spans[0].span_id == b""


def test_protobuf_and_json_say_the_same() -> None:
    of_json = decoded(EXPORTS["/v1/traces"], TRACE, JSON)
    assert decoded(EXPORTS["/v1/traces"], of_json.SerializeToString(), PROTOBUF) == of_json


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"\xff\xff", PROTOBUF, 400),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"resourceSpans": 7}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"", "text/plain", 415),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(body: bytes, media_type: str, status: int) -> None:
    with pytest.raises(Unreadable) as refused:
        decoded(EXPORTS["/v1/traces"], body, media_type)
    assert refused.value.status == status


def test_an_answer_is_empty_and_where_records_were_not_taken_it_says_how_many() -> None:
    export = EXPORTS["/v1/logs"]
    assert answer(export, 0, "too many", PROTOBUF) == b""
    assert answer(export, 0, "too many", JSON) == b"{}"
    partial = ExportLogsServiceResponse.FromString(answer(export, 7, "too many", PROTOBUF)).partial_success
    assert (partial.rejected_log_records, partial.error_message) == (7, "too many")
    assert answer(export, 7, "too many", JSON) == (
        b'{"partialSuccess": {"rejectedLogRecords": "7", "errorMessage": "too many"}}'
    )


def test_a_refusal_is_a_status_in_the_request_s_own_encoding() -> None:
    assert refusal("no", JSON) == b'{"code":3,"message":"no"}'
    assert refusal("no", PROTOBUF) == b"\x08\x03\x12\x02no"  # fields 1 and 2 of google.rpc.Status
    assert len(refusal("é" * 500, PROTOBUF)) <= 130


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_is_itself(encoding: str) -> None:
    assert unpacked(b"abc", encoding, 10) == b"abc"


def test_gzip_is_unpacked_within_its_bound() -> None:
    assert unpacked(gzip.compress(b"a" * 10), "gzip", 10) == b"a" * 10


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b"a" * 11), "gzip", 413),
        (gzip.compress(bytes(50_000_000)), "gzip", 413),
        (gzip.compress(b"abc")[:-5], "gzip", 400),
        (b"plain", "gzip", 400),
        (b"plain", "br", 415),
    ],
    ids=[
        "too long",
        "far too long",
        "cut",
        "none",
        "unknown",
    ],  # the bodies tell the time, which two workers may not share
)
def test_a_body_that_cannot_be_unpacked_is_refused(body: bytes, encoding: str, status: int) -> None:
    with pytest.raises(Unreadable) as refused:
        unpacked(body, encoding, 10)
    assert refused.value.status == status


def test_nothing_is_a_request_without_anything() -> None:
    assert decoded(EXPORTS["/v1/logs"], b"", PROTOBUF) == ExportLogsServiceRequest()
