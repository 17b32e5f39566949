import json
from collections.abc import Callable
from typing import Any

import pytest

from recorder.exchange import Header
from recorder.formats import jsonlog

Read = Callable[..., Any]
NGINX = {
    "time_iso8601": "2023-11-14T22:13:21+00:00", "remote_addr": "10.0.0.7", "request_method": "GET",
    "request_uri": "/a?b",
    "server_protocol": "HTTP/1.1", "status": "200", "body_bytes_sent": "512", "request_time": "0.250",
    "http_user_agent": "curl", "http_referer": "-", "host": "shop.example",
}  # fmt: skip
CADDY = {
    "level": "info", "ts": 1700000001.0, "logger": "http.log.access", "msg": "handled request", "duration": 0.25,
    "size": 512, "status": 200,
    "request": {"remote_ip": "10.0.0.7", "proto": "HTTP/1.1", "method": "GET", "host": "shop.example", "uri": "/a?b",
                "headers": {"User-Agent": ["curl"]}},
}  # fmt: skip
TRAEFIK = {
    "StartUTC": "2023-11-14T22:13:20.75Z", "Duration": 250_000_000, "ClientHost": "10.0.0.7", "RequestMethod": "GET",
    "RequestPath": "/a?b", "RequestProtocol": "HTTP/1.1", "DownstreamStatus": 200, "DownstreamContentSize": 512,
    "request_User-Agent": "curl", "RequestHost": "shop.example",
}  # fmt: skip
ENVOY = {
    "start_time": "2023-11-14T22:13:20.750Z", "duration": 250, "method": "GET", "path": "/a?b", "protocol": "HTTP/1.1",
    "response_code": 200, "bytes_sent": 512, "user_agent": "curl", "authority": "shop.example",
    "downstream_remote_address": "10.0.0.7:4711",
}  # fmt: skip


@pytest.mark.parametrize("fields", [NGINX, CADDY, TRAEFIK, ENVOY], ids=["nginx", "caddy", "traefik", "envoy"])
def test_the_same_request_is_the_same_exchange_in_every_servers_words(read: Read, fields: dict[str, object]) -> None:
    (one,) = read(jsonlog, json.dumps(fields).encode()).imported
    request, response = one.exchange.request, one.exchange.response
    assert (request.method, request.url, request.http_version) == ("GET", "/a?b", "HTTP/1.1")
    assert request.headers == (Header("Host", "shop.example"), Header("User-Agent", "curl"))
    assert (response.status, response.content.size, response.content.text) == (200, 512, "")
    assert (one.exchange.started_s, one.exchange.ended_s) == (0.5, 0.75)
    assert (one.address, one.client, one.origin) == ("10.0.0.7", "10.0.0.7 curl", "http://shop.example")


def test_a_request_line_and_a_query_apart_are_put_together(read: Read) -> None:
    apart = {"request": "GET /a HTTP/2.0", "query_string": "?b=1", "status": 200, "ts": 1700000000250}
    (one,) = read(jsonlog, json.dumps(apart).encode()).exchanges
    assert (one.request.url, one.request.http_version, one.started_s) == ("/a?b=1", "HTTP/2.0", 0.0)


@pytest.mark.parametrize(("line", "reason"), [
    (b'{"level": "info"}', "no method and target in the log's line"),
    (b'{"method": "GET", "uri": "/", "ts": 1}', "no status in the log's line"),
    (b'{"method": "GET", "uri": "/", "status": 200, "ts": "soon"}', "no time in the log's line"),
    (b'{"method": "GET", ', "no JSON object"),
    (b"[1]", "no JSON object"),
    (b'"\xff"', "no JSON object"),
    (b"[" * 100_000, "no JSON object"),
])  # fmt: skip
def test_a_line_that_is_no_request_is_skipped_with_its_number(read: Read, line: bytes, reason: str) -> None:
    found = read(jsonlog, json.dumps(NGINX).encode() + b"\n" + line + b"\n\n")
    assert [(one.reason, one.where) for one in found.skipped] == [(reason, "line 2")]


@pytest.mark.parametrize("strange", [
    {"status": True}, {"status": "1e999"}, {"request_time": "-1"}, {"body_bytes_sent": -5}, {"request_uri": {"a": 1}},
    {"request_method": ["GET"]}, {"host": "\U0001f600"},
])  # fmt: skip
def test_strange_values_are_no_fault_of_ours(read: Read, strange: dict[str, object]) -> None:
    found = read(jsonlog, json.dumps({**NGINX, **strange}).encode())
    assert len(found.imported) + len(found.skipped) == 1
