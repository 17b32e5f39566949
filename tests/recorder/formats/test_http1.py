import pytest

from recorder.exchange import Content, Header
from recorder.formats.http1 import NotHttp, raw_request, raw_response, request_of, response_of


def test_a_chunked_body_is_joined_and_its_trailers_are_kept() -> None:
    raw = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 1\r\n\r\n"
    request = request_of(raw)
    assert request.post_data == Content.of(b"abcd")
    assert request.trailers == (Header("X-Sum", "1"),)


@pytest.mark.parametrize("target", ["/a b", "/\xe9\xff", "*", "http://x/y", "/a?b=#c"])
@pytest.mark.parametrize("method", ["GET", "PURGE", "X-ODD", "CONNECT"])
def test_targets_and_methods_are_taken_as_they_stand(method: str, target: str) -> None:
    request = request_of(f"{method} {target} HTTP/1.0\r\nx-A:  1 \r\nX-a:\r\n\r\n".encode("latin-1"))
    assert (request.method, request.url, request.http_version) == (method, target, "HTTP/1.0")
    assert [one.name for one in request.headers] == ["x-A", "X-a"]


def test_a_response_behind_an_interim_one_is_the_one_that_counts() -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"
    response = response_of(raw)
    assert (response.status, response.status_text, response.content.text) == (200, "Fine", "ok")
    assert response.headers == (Header("Content-Length", "2"),)


def test_what_follows_a_message_is_not_a_part_of_it() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx"
    assert (response_of(raw).status, response_of(raw).content.text) == (200, "ok")


def test_without_a_length_the_body_is_all_that_came() -> None:
    assert response_of(b"HTTP/1.1 200 OK\r\n\r\nabc").content.text == "abc"


def test_a_body_that_is_cut_off_keeps_its_size_alone() -> None:
    assert response_of(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc").content == Content(size=99)


def test_a_response_to_head_has_no_body_whatever_its_length_says() -> None:
    assert response_of(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", to_head=True).content == Content(size=0)


def test_an_upgrade_ends_the_message() -> None:
    raw = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01a"
    assert response_of(raw).status == 101


@pytest.mark.parametrize(
    "raw", [b"", b"\x16\x03\x01", b"GET /", b"GET / HTTP/1.1\r\nHost: a", b"GET / HTTP/1.1\r\na b\r\n\r\n"]
)
def test_what_is_no_request_says_nothing_of_its_bytes(raw: bytes) -> None:
    with pytest.raises(NotHttp, match="no HTTP/1 message"):
        request_of(raw)


@pytest.mark.parametrize("raw", [
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nabcd\r\n0\r\nX: y\r\n\r\n",
    b"GET /a HTTP/1.0\r\n\r\n",
    b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\nX: \xe9\r\n\r\na\x00b",
])  # fmt: skip
def test_a_request_is_written_as_it_was(raw: bytes) -> None:
    assert raw_request(request_of(raw)) == raw


def test_a_response_is_written_as_it_was() -> None:
    raw = b"HTTP/1.1 200 Fine, thanks\r\ncontent-length: 2\r\n\r\nok"
    assert raw_response(response_of(raw)) == raw
