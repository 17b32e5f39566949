"""A real receiver on loopback, asked by a real client."""

import gzip
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from recorder.listen.kept import Kept
from recorder.listen.otlp import JSON, PROTOBUF
from recorder.listen.otlphttp import OtlpEar
from recorder.listen.signal import LogLine
from recorder.listen.thread import EarThread

LOGS = b"""{"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
  "scopeLogs": [{"logRecords": [{"severityNumber": 17, "body": {"stringValue": "no slot"}},
                                {"severityNumber": 9, "body": {"stringValue": "well"}}]}]}]}"""
GAUGE = b"""{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "depth", "gauge": {"dataPoints": [
  {"asInt": "4"}]}}]}]}]}"""
SPAN = b"""{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "pay", "startTimeUnixNano": "1000000000",
  "endTimeUnixNano": "2000000000"}]}]}]}"""


class Receiver:
    def __init__(self, per_s: float = 1000) -> None:
        self.kept = Kept()
        self.ear = OtlpEar("127.0.0.1", 0, lambda: 7.0, per_s=per_s)
        self.thread = EarThread([self.ear], self.kept, time.monotonic, every_s=None)
        self.thread.start()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.ear.address, timeout=20)

    def post(self, path: str, body: bytes, media_type: str = JSON, **headers: str) -> tuple[int, bytes]:
        with closing(self.connection()) as connection:
            return asked(connection, "POST", path, body, {"Content-Type": media_type, **headers})


def asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.thread.stop()


def test_logs_metrics_and_spans_are_heard_over_one_connection(receiver: Receiver) -> None:
    with closing(receiver.connection()) as connection:
        for path, body in (("/v1/logs", LOGS), ("/v1/metrics", GAUGE), ("/v1/traces", SPAN)):
            assert asked(connection, "POST", path, body, {"Content-Type": JSON}) == (200, b"{}")
    assert receiver.kept.log_lines == (
        LogLine(7.0, "shop", "ERROR", "no slot"),
        LogLine(7.0, "shop", "INFO", "well"),
    )
    assert [(sample.source, sample.name, sample.value) for sample in receiver.kept.samples] == [("otlp", "depth", 4.0)]
    assert [(span.operation, span.duration_s) for span in receiver.kept.spans] == [("pay", 1.0)]
    assert not receiver.kept.lost


def test_protobuf_in_gzip_is_heard_and_answered_in_protobuf(receiver: Receiver) -> None:
    body = json_format.Parse(LOGS, ExportLogsServiceRequest()).SerializeToString()
    answer = receiver.post("/v1/logs", gzip.compress(body), PROTOBUF, **{"Content-Encoding": "gzip"})
    assert answer == (200, b"")
    assert len(receiver.kept.log_lines) == 2


def test_what_comes_too_fast_is_told_as_a_partial_success_and_counted() -> None:
    receiver = Receiver(per_s=1)
    try:
        status, body = receiver.post("/v1/logs", LOGS)
        assert status == 200
        assert b'"rejectedLogRecords": "1"' in body
        assert len(receiver.kept.log_lines) == 1
        assert receiver.kept.lost == {"otlp: records came too fast, or of a series too many": 1}
    finally:
        receiver.thread.stop()


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/v1/nothing", b"{}", {}, 404),
        ("/v1/logs", b"{", {}, 400),
        ("/v1/logs", b"x", {"Content-Type": "text/plain"}, 415),
        ("/v1/logs", b"x", {"Content-Encoding": "gzip"}, 400),
        ("/v1/logs", b"x", {"Content-Encoding": "br"}, 415),
        ("/v1/logs", bytes((4 << 20) + 1), {}, 413),
        ("/v1/logs", gzip.compress(bytes(20 << 20)), {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_what_cannot_be_taken_is_refused_and_counted(
    receiver: Receiver, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    with closing(receiver.connection()) as connection:
        found, _ = asked(connection, "POST", path, body, {"Content-Type": JSON, **headers})
    assert found == status
    assert receiver.kept.lost == {f"otlp: a request was refused with {status}": 1}
    assert receiver.post("/v1/logs", LOGS) == (200, b"{}")


def test_a_get_is_refused(receiver: Receiver) -> None:
    with closing(receiver.connection()) as connection:
        assert asked(connection, "GET", "/v1/logs", b"", {})[0] == 405


def test_a_client_that_asks_first_is_told_to_go_on_and_one_that_sends_in_pieces_is_heard(receiver: Receiver) -> None:
    with socket.create_connection(receiver.ear.address, timeout=20) as client:
        head = f"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n"
        client.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(LOGS), LOGS))
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert len(receiver.kept.log_lines) == 2


def test_nonsense_and_a_client_that_goes_away_take_nothing_from_the_others(receiver: Receiver) -> None:
    for data in (b"\x00\x01\x02\r\n\r\n", b"POST /v1/logs HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", b""):
        with socket.create_connection(receiver.ear.address, timeout=20) as client:
            client.sendall(data)
    assert receiver.post("/v1/logs", LOGS)[0] == 200


def test_a_connection_that_is_open_does_not_hold_its_end(receiver: Receiver) -> None:
    with socket.create_connection(receiver.ear.address, timeout=20) as client:
        client.sendall(b"POST /v1/logs HTTP/1.1\r\n")
        receiver.thread.stop()
        assert client.recv(10) == b""
