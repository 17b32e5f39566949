import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from foreshock.errors import UsageError
from recorder.exchange import Header, header
from recorder.formats import harread
from recorder.formats.source import Torn

Read = Callable[..., Any]


def har(*entries: dict[str, Any], creator: str = "test", **log: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": creator}, "entries": entries, **log}}).encode()


def entry(**changes: Any) -> dict[str, Any]:
    request = {
        "method": "GET",
        "url": "https://shop.example/orders?page=2#top",
        "httpVersion": "http/2.0",
        "headers": [{"name": ":authority", "value": "shop.example"}, {"name": "Accept", "value": "*/*"}],
    }
    response = {
        "status": 200,
        "statusText": "",
        "httpVersion": "h2",
        "headers": [{"name": "content-type", "value": "application/json"}],
        "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
    }
    return {
        "startedDateTime": "2023-11-14T22:13:21.250Z",
        "time": 160,
        "request": {**request, **changes.pop("request", {})},
        "response": {**response, **changes.pop("response", {})},
        "timings": {"blocked": 10, "dns": -1, "connect": None, "send": 20, "wait": 100, "receive": 30},
        **changes,
    }


def test_an_entry_of_a_browser_is_an_exchange_with_target_and_host(read: Read) -> None:
    (one,) = read(harread, har(entry())).imported
    assert one.exchange.request.url == "/orders?page=2"
    assert one.exchange.request.headers == (Header("Host", "shop.example"), Header("Accept", "*/*"))
    assert one.exchange.request.http_version == "HTTP/2.0"
    assert one.origin == "https://shop.example"
    assert one.exchange.response.content.text == "{}"


def test_times_start_with_the_first_byte_of_the_request(read: Read) -> None:
    (one,) = read(harread, har(entry())).exchanges
    assert (one.started_s, one.request_ended_s, one.first_byte_s, one.ended_s) == (1.01, 1.03, 1.13, 1.16)


@pytest.mark.parametrize(
    "stamp", ["2023-11-15T00:13:20.250+02:00", "2023-11-14T22:13:20.25", "2023-11-14T22:13:20.250000Z"]
)
def test_every_way_to_write_an_instant_is_read(read: Read, stamp: str) -> None:
    (one,) = read(harread, har(entry(startedDateTime=stamp, timings={"send": 0, "wait": 0, "receive": 0}))).exchanges
    assert one.started_s == 0.0


@pytest.mark.parametrize(("response", "error"), [
    ({"status": 0, "statusText": "", "_error": "net::ERR_ABORTED"}, "client aborted"),
    ({"status": 0, "_error": "net::ERR_CERT_DATE_INVALID"}, "tls: err_cert_date_invalid"),
    ({"status": 0, "statusText": "NS_ERROR_NET_RESET"}, "upstream reset"),
    ({"status": 0, "statusText": "hunter2"}, "not known: the HAR has status 0"),
    ({"status": 0}, "not known: the HAR has status 0"),
])  # fmt: skip
def test_status_0_is_an_error_and_no_response(read: Read, response: dict[str, Any], error: str) -> None:
    (one,) = read(harread, har(entry(response=response))).exchanges
    assert (one.response, one.error) == (None, error)


def test_an_entry_without_response_is_an_error(read: Read) -> None:
    without = entry()
    without["response"] = None
    (one,) = read(harread, har(without)).exchanges
    assert (one.response, one.error) == (None, "not known: the file holds no response")


def test_base64_is_the_bytes_it_stands_for(read: Read) -> None:
    content = {"size": 3, "text": base64.b64encode(b"\x00\xff\xfe").decode(), "encoding": "base64"}
    (one,) = read(harread, har(entry(response={"content": content}))).exchanges
    assert one.response.content.raw == b"\x00\xff\xfe"


def test_a_body_that_is_not_there_keeps_its_size_and_is_said(read: Read) -> None:
    found = read(harread, har(entry(response={"content": {"size": 4711, "mimeType": "image/png"}})))
    (one,) = found.exchanges
    assert (one.response.content.size, one.response.content.text) == (4711, "")
    assert found.notes == [f"1 x {harread.NO_RESPONSE_BODY}"]


def test_a_decoded_body_is_encoded_as_its_headers_say(read: Read) -> None:
    headers = [{"name": "Content-Encoding", "value": "gzip"}, {"name": "Content-Length", "value": "7"}]
    found = read(harread, har(entry(response={"headers": headers, "content": {"size": 2, "text": "{}"}})))
    (one,) = found.exchanges
    assert gzip.decompress(one.response.content.raw) == b"{}"
    assert header(one.response.headers, "content-length") == str(one.response.content.size)
    assert found.notes == [f"1 x {harread.ENCODED_AGAIN}"]


def test_firefox_posts_parameters_where_it_has_no_text(read: Read) -> None:
    posted = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a b", "value": "1&2"}, {"name": "c", "value": None}],
    }
    (one,) = read(harread, har(entry(request={"postData": posted}))).exchanges
    assert one.request.post_data.text == "a+b=1%262&c="


def test_web_socket_messages_come_as_chrome_writes_them(read: Read) -> None:
    messages = [
        {"type": "send", "time": 1_700_000_001.25, "opcode": 1, "data": "hi"},
        {"type": "receive", "time": 1_700_000_002.25, "opcode": 2, "data": "/w=="},
    ]
    (one,) = read(harread, har(entry(_webSocketMessages=messages))).exchanges
    assert [(m.at_s, m.from_client, m.binary, m.content.raw) for m in one.messages] == [
        (1.0, True, False, b"hi"),
        (2.0, False, True, b"\xff"),
    ]


def test_a_browsers_entries_are_one_clients_whatever_the_connection(read: Read) -> None:
    found = read(harread, har(entry(connection="1"), entry(connection="2"), creator="WebInspector"))
    assert {one.client for one in found.imported} == {"the browser"}
    assert {one.client for one in read(harread, har(entry(connection="1"), creator="Charles Proxy")).imported} == {""}


def test_halves_of_surrogate_pairs_and_unknown_fields_do_no_harm(read: Read) -> None:
    content = har(entry(_priority="High", response={"content": {"size": 1, "text": "<\ud800> \U0001f600"}}))
    (one,) = read(harread, b"\xef\xbb\xbf" + content).exchanges
    assert one.response.content.text == "<\ufffd> \U0001f600"


@pytest.mark.parametrize(("broken", "reason"), [
    ({"startedDateTime": "yesterday"}, "Invalid RFC3339 encoded datetime"),
    ({"request": {"method": 7}}, "Expected `str`, got `int` - at `$.request.method`"),
    ({"response": {"content": {"text": "!", "encoding": "base64"}}}, "a body that should be base64 is not"),
])  # fmt: skip
def test_an_entry_that_is_none_is_skipped_with_its_place(read: Read, broken: dict[str, Any], reason: str) -> None:
    found = read(harread, har(entry(), entry(**broken), entry()))
    assert len(found.exchanges) == 2
    (skipped,) = found.skipped
    assert reason in skipped.reason
    assert skipped.where.startswith("entry 2 (byte ")


def test_an_entry_without_a_needed_field_names_it(read: Read) -> None:
    lacking = entry()
    del lacking["request"]["method"]
    (skipped,) = read(harread, har(lacking)).skipped
    assert skipped.reason == "no HAR entry: Object missing required field `method` - at `$.request`"


def test_invalid_utf8_is_skipped_and_not_guessed(read: Read) -> None:
    (skipped,) = read(harread, har(entry(request={"method": "GEX"})).replace(b"GEX", b"G\xffX")).skipped
    assert skipped.reason == "no HAR entry: invalid UTF-8"


@pytest.mark.parametrize("length", [0.2, 0.5, 0.9])
def test_a_har_that_breaks_off_says_at_which_byte(read: Read, length: float) -> None:
    whole = har(entry(), entry(), entry())
    with pytest.raises(Torn, match=r"not JSON at byte \d+"):
        read(harread, whole[: int(len(whole) * length)])


def test_json_without_a_log_is_no_har(read: Read) -> None:
    with pytest.raises(UsageError, match=r"no log\.entries"):
        read(harread, b'{"log": {"version": "1.2"}}')


def test_entries_may_come_before_all_else(read: Read) -> None:
    content = json.dumps({"other": 1, "log": {"entries": [entry()], "pages": [], "creator": {}}, "last": []}).encode()
    assert len(read(harread, content + b"\n").exchanges) == 1


@pytest.mark.parametrize(
    "url", ["data:image/gif;base64,R0lGOD", "blob:https://shop.example/1-2", "chrome-extension://abc/x.js", "file:///a"]
)
def test_what_never_left_the_browser_is_counted_and_is_no_exchange(read: Read, url: str) -> None:
    found = read(harread, har(entry(request={"url": url}), entry()))
    assert len(found.imported) == 1
    assert [one.reason for one in found.skipped] == [
        "no HAR entry: it never left the browser (data:, blob:, an extension's)"
    ]
