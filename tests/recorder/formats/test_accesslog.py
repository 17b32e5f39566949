from collections.abc import Callable
from typing import Any

import pytest

from recorder.exchange import Header
from recorder.formats import accesslog
from recorder.formats.source import Torn

Read = Callable[..., Any]
STAMP = "14/Nov/2023:22:13:21 +0000"  # 0.75 s after the recordings' zero


def line(request: str = "GET /a?b HTTP/1.1", behind: str = "", before: str = "") -> bytes:
    return f'{before}10.0.0.7 - bob [{STAMP}] "{request}" 200 512 "http://x/" "curl/8 (\\"q\\")"{behind}\n'.encode()


def test_a_combined_line_is_an_exchange_without_bodies(read: Read) -> None:
    found = read(accesslog, line())
    (one,) = found.imported
    assert (one.exchange.request.method, one.exchange.request.url) == ("GET", "/a?b")
    assert one.exchange.request.headers == (Header("Referer", "http://x/"), Header("User-Agent", 'curl/8 ("q")'))
    assert (one.exchange.response.status, one.exchange.response.content.size) == (200, 512)
    assert one.exchange.response.content.text == ""
    assert one.client == '10.0.0.7 curl/8 ("q")'
    assert set(found.notes) == {f"1 x {accesslog.NO_BODIES}", f"1 x {accesslog.NO_DURATION}"}


def test_the_users_name_is_not_taken(read: Read) -> None:
    assert "bob" not in str(read(accesslog, line()).imported)


@pytest.mark.parametrize(("behind", "started_s", "ended_s"), [
    (" 0.500", 0.25, 0.75),
    (" 0.500 0.499 .", 0.25, 0.75),
    (' "-" 0.500', 0.25, 0.75),
    (" 250000", 0.75, 1.0),
    ("", 0.75, 0.75),
    (" -", 0.75, 0.75),
])  # fmt: skip
def test_nginx_stamps_the_end_and_apache_the_start(read: Read, behind: str, started_s: float, ended_s: float) -> None:
    (one,) = read(accesslog, line(behind=behind)).exchanges
    assert (one.started_s, one.ended_s) == (started_s, ended_s)


def test_a_virtual_host_is_the_host(read: Read) -> None:
    (one,) = read(accesslog, line(before="shop.example:443 ")).imported
    assert one.origin == "https://shop.example:443"
    assert one.exchange.request.headers[0] == Header("Host", "shop.example:443")


def test_a_common_line_has_no_agent(read: Read) -> None:
    (one,) = read(accesslog, f'::1 - - [{STAMP}] "GET / HTTP/1.0" 304 -\n'.encode()).exchanges
    assert (one.request.headers, one.response.content.size) == ((), 0)


def test_what_nginx_escaped_is_what_was_sent(read: Read) -> None:
    (one,) = read(accesslog, line(request=r"GET /\xC3\xA9\x22 HTTP/1.1")).exchanges
    assert one.request.url == '/\xc3\xa9"'


@pytest.mark.parametrize(("content", "reason"), [
    (b"hello", "no line of an access log"),
    (b"\xff\xfe\x00", "no line of an access log"),
    (line(request="-"), "no HTTP request in the log's line"),
    (line(request=r"\x16\x03\x01"), "no HTTP request in the log's line"),
    (line().replace(b"Nov", b"Foo"), "a time that is none in the log's line"),
])  # fmt: skip
def test_a_line_that_is_none_is_skipped_with_its_number(read: Read, content: bytes, reason: str) -> None:
    found = read(accesslog, line() + content.rstrip(b"\n") + b"\n\n" + line())
    assert [(one.reason, one.where) for one in found.skipped] == [(reason, "line 2")]
    assert len(found.exchanges) == 2


def test_a_line_without_an_end_is_a_tear_when_it_is_absurd(read: Read) -> None:
    with pytest.raises(Torn, match="line 2 has more than 1 MiB"):
        read(accesslog, line() + b"x" * (2 << 20))
