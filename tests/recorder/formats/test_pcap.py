"""By a stub in tshark's place, which says what tshark 4.0 said of such captures."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from foreshock.errors import HarnessError
from recorder.formats import pcap
from recorder.formats.source import Torn

Read = Callable[..., Any]
GET = b"GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def packet(at: float, stream: int, *messages: tuple[bytes, bytes | None], ip: str = "10.0.0.7") -> dict[str, Any]:
    raws = [raw.hex() for raw, _ in messages]
    https = [{} if body is None else {"http_http_file_data_raw": body.hex()} for _, body in messages]
    layers: dict[str, Any] = {
        "frame": {"frame_frame_time_epoch": f"{at:.9f}", "frame_frame_len": {"filtered": "frame.len"}},
        "tcp": {"tcp_tcp_stream": str(stream)},
        "ip": {"ip_ip_src": ip},
    }
    if messages:
        layers |= {"http_raw": raws if len(raws) > 1 else raws[0], "http": https if len(https) > 1 else https[0]}
    return {"timestamp": "0", "layers": layers}


@pytest.fixture
def tshark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a tshark on PATH that says these packets; gives the file that holds its arguments afterwards."""

    def stub(packets: Sequence[dict[str, Any]], ending: str = "exit 0") -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        lines = "".join(json.dumps({"index": {}}) + "\n" + json.dumps(one) + "\n" for one in packets)
        (folder / "said").write_text(lines)
        script = folder / "tshark"
        script.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n/bin/cat {folder}/said\n{ending}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder / "asked"

    return stub


def test_requests_and_responses_of_a_connection_are_joined_in_order(read: Read, tshark: Callable[..., Path]) -> None:
    asked = tshark([
        packet(1700000001.25, 0, (GET, None), (GET.replace(b"/a", b"/b"), None)),
        packet(1700000001.5, 1, (GET.replace(b"/a", b"/c"), None)),
        packet(1700000002.25, 0, (OK, b"ok"), ip="10.0.0.1"),
        packet(1700000002.5, 0, (OK.replace(b"200", b"404"), b"no"), ip="10.0.0.1"),
    ])  # fmt: skip
    found = read(pcap, b"\xd4\xc3\xb2\xa1")
    assert [(one.request.url, one.response and one.response.status) for one in found.exchanges] == [
        ("/a", 200), ("/b", 404), ("/c", None),
    ]  # fmt: skip
    first = found.imported[0]
    assert (first.exchange.started_s, first.exchange.ended_s, first.exchange.response.content.raw) == (1.0, 2.0, b"ok")
    assert (first.exchange.connection, first.address, first.origin) == ("c0", "10.0.0.7", "http://shop.example")
    assert "-o http.decompress_body:FALSE" in asked.read_text()


def test_a_body_may_stand_in_the_message_itself(read: Read, tshark: Callable[..., Path]) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    tshark([packet(1.0, 0, (GET, None)), packet(2.0, 0, (chunked, None))])
    (one,) = read(pcap, b"x").exchanges
    assert one.response.content.raw == b"ok"


def test_interim_responses_are_not_the_answer(read: Read, tshark: Callable[..., Path]) -> None:
    tshark([
        packet(1.0, 0, (GET, None)),
        packet(2.0, 0, (b"HTTP/1.1 100 Continue\r\n\r\n", None)),
        packet(3.0, 0, (OK, b"ok")),
    ])  # fmt: skip
    assert [one.response.status for one in read(pcap, b"x").exchanges] == [200]


def test_what_cannot_be_joined_or_read_is_counted(read: Read, tshark: Callable[..., Path]) -> None:
    tshark([packet(1.0, 0, (OK, b"ok")), packet(2.0, 1)])
    assert [one.reason for one in read(pcap, b"x").skipped] == [
        "a response without its request",
        "HTTP/2 is not read from captures: record it, or import a HAR",
    ]


def test_a_capture_that_breaks_off_is_a_tear_in_tsharks_words(read: Read, tshark: Callable[..., Path]) -> None:
    tshark([packet(1.0, 0, (GET, None))], ending='echo "tshark: cut short in the middle of a packet" >&2; exit 2')
    with pytest.raises(Torn, match="cut short in the middle of a packet"):
        read(pcap, b"x")


def test_output_that_is_not_tsharks_is_our_failure(read: Read, tshark: Callable[..., Path]) -> None:
    tshark([{"layers": {"frame": 1}}])
    with pytest.raises(HarnessError, match="tshark's output was not understood"):
        read(pcap, b"x")


def test_without_tshark_the_error_says_how_to_get_it(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HarnessError, match="apt-get install tshark"):
        read(pcap, b"x")
