from collections.abc import Callable
from typing import Any

import pytest

from foreshock.errors import UsageError
from recorder.formats import goreplay
from recorder.formats.source import Torn

Read = Callable[..., Any]
SEPARATOR = "\n🐵🙈🙉\n".encode()
START_NS = 1_700_000_001_250_000_000  # a second after the recordings' zero
REQUEST = b"GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def record(kind: int, name: str, time_ns: int, message: bytes, took: str = "") -> bytes:
    return f"{kind} {name} {time_ns}{took}\n".encode() + message + SEPARATOR


def test_requests_and_responses_are_joined_by_their_id_in_any_order(read: Read) -> None:
    found = read(
        goreplay,
        record(1, "aa", START_NS, REQUEST)
        + record(1, "bb", START_NS + 10**6, REQUEST.replace(b"/a", b"/b"), " 2000000")
        + record(2, "bb", START_NS + 10**8, RESPONSE, " 5000000")
        + record(2, "aa", START_NS + 10**9, RESPONSE.replace(b"200", b"404")),
    )
    assert [(one.request.url, one.response.status) for one in found.exchanges] == [("/b", 200), ("/a", 404)]
    b = found.exchanges[0]
    assert (b.started_s, b.request_ended_s, b.first_byte_s, b.ended_s) == (1.001, 1.003, 1.1, 1.105)
    assert found.imported[0].origin == "http://shop.example"


def test_a_round_trip_time_of_old_files_counts_from_the_request(read: Read) -> None:
    (one,) = read(goreplay, record(1, "aa", START_NS, REQUEST) + record(2, "aa", 250_000_000, RESPONSE)).exchanges
    assert (one.started_s, one.first_byte_s, one.ended_s) == (1.0, 1.25, 1.25)


def test_a_request_whose_response_never_comes_is_an_error_and_not_a_5xx(read: Read) -> None:
    found = read(goreplay, record(1, "aa", START_NS, REQUEST))
    (one,) = found.exchanges
    assert (one.response, one.error) == (None, goreplay.NO_RESPONSE)
    assert found.notes == [f"1 x {goreplay.NO_RESPONSE}"]


def test_a_request_waits_a_minute_for_its_response_and_no_longer(read: Read) -> None:
    late = START_NS + 61 * 10**9
    found = read(
        goreplay,
        record(1, "aa", START_NS, REQUEST) + record(1, "bb", late, REQUEST) + record(2, "aa", late, RESPONSE),
    )
    assert [(one.id, one.response is None) for one in found.exchanges] == [("aa", True), ("bb", True)]
    assert [one.reason for one in found.skipped] == ["a response without its request"]


def test_replayed_responses_are_not_productions(read: Read) -> None:
    found = read(goreplay, record(1, "aa", START_NS, REQUEST) + record(3, "aa", START_NS + 1, RESPONSE))
    assert found.exchanges[0].response is None
    assert f"1 x {goreplay.REPLAYED}" in found.notes


def test_requests_that_name_no_client_are_sessions_of_their_own(read: Read) -> None:
    known = REQUEST.replace(b"\r\n\r\n", b"\r\nX-Real-IP: 10.0.0.1\r\nUser-Agent: x\r\n\r\n")
    found = read(goreplay, record(1, "aa", START_NS, REQUEST) + record(1, "bb", START_NS, known))
    assert [one.client for one in found.imported] == ["aa", "10.0.0.1 x"]


def test_what_is_no_http_is_skipped_with_its_record(read: Read) -> None:
    found = read(goreplay, record(1, "aa", START_NS, b"\x16\x03\x01") + record(1, "bb", START_NS, REQUEST))
    assert [(one.reason, one.where) for one in found.skipped] == [
        ("no HTTP/1 message: no request line", "record 1 (byte 0)")
    ]
    assert len(found.exchanges) == 1


def test_a_cut_body_keeps_its_size_and_is_said(read: Read) -> None:
    found = read(goreplay, record(1, "aa", START_NS, b"POST /a HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc"))
    assert (found.exchanges[0].request.post_data.size, found.exchanges[0].request.post_data.text) == (99, "")
    assert f"1 x {goreplay.BODY_CUT}" in found.notes


def test_the_last_record_may_lack_its_separator_if_it_is_whole(read: Read) -> None:
    assert len(read(goreplay, record(1, "aa", START_NS, REQUEST).removesuffix(SEPARATOR)).exchanges) == 1


@pytest.mark.parametrize("kept", [3, 30, 50])
def test_a_file_that_ends_inside_of_a_record_is_a_tear(read: Read, kept: int) -> None:
    whole = record(1, "aa", START_NS, REQUEST)
    with pytest.raises(Torn, match=r"record 2 \(byte 78\)"):
        read(goreplay, whole + whole[:kept])


def test_another_file_is_refused(read: Read) -> None:
    with pytest.raises(UsageError, match="no GoReplay file"):
        read(goreplay, b"hello")


def test_records_longer_than_the_reads_are_put_together(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goreplay, "_CHUNK_BYTES", 7)
    content = b"".join(record(1, f"{number:02}", START_NS, REQUEST) for number in range(9))
    assert [one.id for one in read(goreplay, content).exchanges] == [f"{number:02}" for number in range(9)]


def test_a_record_of_absurd_size_is_a_tear(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goreplay, "RECORD_BYTES", 1 << 20)
    with pytest.raises(Torn, match="the record at byte 0 has more than 1 MiB"):
        read(goreplay, b"1 aa 1\n" + bytes(3 << 20))
