import json

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.formats import harwrite
from recorder.formats.urls import Base

BASE = Base("https://shop.example")


def exchange(**changes: object) -> Exchange:
    whole = Exchange(
        id="e1",
        session="s1",
        connection="c1",
        started_s=0.5,
        request_ended_s=0.501,
        first_byte_s=0.6,
        ended_s=0.75,
        request=Request(
            method="POST",
            url="/orders?page=2",
            http_version="HTTP/1.1",
            headers=(Header("Host", "shop.example"), Header("Cookie", "a=1; b=2"), Header("X", "1"), Header("x", "2")),
            post_data=Content.of(b"\xff\x00"),
        ),
        response=Response(
            status=302,
            status_text="Found",
            http_version="HTTP/1.1",
            headers=(Header("Location", "/x"), Header("Set-Cookie", "sid=7; Path=/")),
            content=Content.of(b"moved"),
        ),
    )
    return Exchange(**{**{name: getattr(whole, name) for name in whole.__struct_fields__}, **changes})


def entry(one: Exchange) -> dict[str, object]:
    (found,) = json.loads(b"".join(harwrite.write([one], BASE, 1_700_000_000.0)))["log"]["entries"]
    return found


def test_every_field_that_har_demands_is_there() -> None:
    found = entry(exchange())
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(found)
    assert set(found["request"]) >= {"method", "url", "httpVersion", "cookies", "headers", "queryString", "postData",
                                     "headersSize", "bodySize"}  # fmt: skip
    assert set(found["response"]) >= {"status", "statusText", "httpVersion", "cookies", "headers", "content",
                                      "redirectURL", "headersSize", "bodySize"}  # fmt: skip
    assert set(found["timings"]) >= {"send", "wait", "receive"}


def test_what_viewers_show_is_written_out() -> None:
    found = entry(exchange())
    assert found["request"]["url"] == "https://shop.example/orders?page=2"
    assert found["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert found["request"]["queryString"] == [{"name": "page", "value": "2"}]
    assert [one["name"] for one in found["request"]["headers"]] == ["Host", "Cookie", "X", "x"]
    assert found["request"]["postData"] == {"mimeType": "x-unknown", "text": "/wA=", "_encoding": "base64"}
    assert found["response"]["redirectURL"] == "/x"
    assert (found["startedDateTime"], found["time"]) == ("2023-11-14T22:13:20.500000Z", 250.0)


def test_an_error_has_status_0_and_its_reason_as_chrome_writes_it() -> None:
    found = entry(exchange(response=None, first_byte_s=None, error="reset"))
    assert (found["response"]["status"], found["response"]["_error"]) == (0, "reset")


def test_web_socket_messages_are_written_as_chrome_does() -> None:
    messages = (
        Message(at_s=1.0, from_client=True, content=Content.of(b"hi")),
        Message(at_s=2.0, from_client=False, binary=True, content=Content.of(b"\xff")),
    )
    assert entry(exchange(messages=messages))["_webSocketMessages"] == [
        {"type": "send", "time": 1700000001.0, "opcode": 1, "data": "hi"},
        {"type": "receive", "time": 1700000002.0, "opcode": 2, "data": "/w=="},
    ]


def test_a_recording_without_exchanges_is_a_har_without_entries() -> None:
    assert json.loads(b"".join(harwrite.write([], BASE, 0.0)))["log"]["entries"] == []
