import gzip
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.formats.recognise import recognise
from recorder.formats.source import Source

COMBINED = b'1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1 "-" "x"\n'


def form_of(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "misleading.har"
    path.write_bytes(content)
    with Source(path) as source:
        return recognise(source)


@pytest.mark.parametrize(("content", "form"), [
    (b'{"log": {"entries": []}}', "har"),
    (b'\xef\xbb\xbf\r\n{ "log" :{', "har"),
    (b'{"comment": "by hand",\n "log": {', "har"),
    (b"1 f45590522cd1838b4a0d5c5aab80b779 1231\nGET / HTTP/1.1\r\n", "goreplay"),
    (b"1 932079936fa4306fc308d67588178d17d823647c 1439818823587396305 200 \nGET", "goreplay"),
    (b"2341:9:websocket;0:~8:response;", "mitmproxy"),
    (COMBINED, "combined"),
    (b"\x16\x03\x01 a scanner\n" + COMBINED, "combined"),
    (b'{"request": "GET /y HTTP/1.1", "status": 404, "ts": 1}\n', "jsonlog"),
    (b'{"level": "info"}\n{"method": "GET", "uri": "/", "status": 200}\n', "jsonlog"),
    (b"\xd4\xc3\xb2\xa1\x02\x00", "pcap"),
    (b"\x0a\x0d\x0d\x0a", "pcap"),
    (gzip.compress(COMBINED, mtime=0), "combined"),
])  # fmt: skip
def test_the_content_says_the_format_whatever_the_name(tmp_path: Path, content: bytes, form: str) -> None:
    assert form_of(tmp_path, content) == form


@pytest.mark.parametrize("content", [b"", b" \r\n\n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="is empty: there is nothing to import"):
        form_of(tmp_path, content)


@pytest.mark.parametrize("content", [b"hunter2, hello", b"{}", b"[1]", b"\x00" * 100, b"PK\x03\x04"])
def test_another_file_is_refused_without_showing_its_text(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="of no format that is read") as refused:
        form_of(tmp_path, content)
    assert "hunter2" not in str(refused.value)
