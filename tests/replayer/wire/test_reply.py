import asyncio
from collections.abc import Callable, Iterable
from itertools import count

import pytest

from replayer.wire.reply import HEAD_LIMIT_BYTES, Reply, ReplyReader


def read(
    pieces: Iterable[bytes],
    *,
    method: str = "GET",
    keep_bytes: int = 100,
    then: Callable[[ReplyReader], None] | None = None,
) -> tuple[Reply, bool]:
    """The reply that the pieces make, one second apart, and whether its connection may be used again."""

    async def main() -> tuple[Reply, bool]:
        seconds = count(1)
        reader = ReplyReader(lambda: float(next(seconds)), method, keep_bytes)
        for piece in pieces:
            reader.feed(piece)
        if then:
            then(reader)
        assert reader.reply.done()
        return reader.reply.result(), reader.keep_alive

    return asyncio.run(main())


def ended(*, cleanly: bool) -> Callable[[ReplyReader], None]:
    return lambda reader: reader.connection_ended(cleanly=cleanly)


WHOLE = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: \xe9\r\nContent-Length: 5\r\n\r\nhello"


def test_a_reply_is_the_same_however_its_bytes_come() -> None:
    at_once, keep_alive = read([WHOLE])
    byte_by_byte, _ = read(WHOLE[n : n + 1] for n in range(len(WHOLE)))
    assert keep_alive
    for reply in (at_once, byte_by_byte):
        assert (reply.status, reply.body, reply.body_bytes, reply.error) == (200, b"hello", 5, None)
        assert reply.headers == (("X-A", "1"), ("x-a", "\xe9"), ("Content-Length", "5"))
    assert (at_once.first_byte_s, at_once.ended_s) == (1.0, 2.0)


def test_an_interim_response_is_not_the_reply() -> None:
    reply, _ = read([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WHOLE])
    assert reply.status == 200
    assert "Link" not in dict(reply.headers)


def test_the_answer_to_head_has_no_body_whatever_length_it_says() -> None:
    reply, keep_alive = read([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], method="HEAD")
    assert (reply.error, reply.body, keep_alive) == (None, b"", True)


def test_of_a_long_body_the_beginning_is_kept_and_the_whole_counted() -> None:
    reply, _ = read([WHOLE], keep_bytes=3)
    assert (reply.body, reply.body_bytes) == (b"hel", 5)


def test_a_body_without_a_length_ends_with_its_connection_and_only_cleanly() -> None:
    open_ended = [b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"]
    assert read(open_ended, then=ended(cleanly=True))[0].error is None
    assert read(open_ended, then=ended(cleanly=False))[0].error == "cut"


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([], "reset"),
        ([WHOLE[:-1]], "cut"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"], "cut"),
        ([b"HTTP/1.1 20"], "cut"),
    ],
)
def test_what_ends_too_early_is_reset_before_the_first_byte_and_cut_after_it(pieces: list[bytes], error: str) -> None:
    assert read(pieces, then=ended(cleanly=True))[0].error == error


@pytest.mark.parametrize(
    "pieces", [[b"SSH-2.0-OpenSSH\r\n"], [b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n" * (HEAD_LIMIT_BYTES // 6)]]
)
def test_what_is_no_http_is_garbage_and_its_connection_is_not_used_again(pieces: list[bytes]) -> None:
    reply, keep_alive = read(pieces)
    assert reply.error is not None
    assert reply.error.startswith("garbage: ")
    assert not keep_alive


def test_whoever_waits_may_end_it_and_the_first_end_stands() -> None:
    def twice(reader: ReplyReader) -> None:
        reader.end("timeout")
        reader.end("reset")

    reply, _ = read([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"], then=twice)
    assert (reply.error, reply.status, reply.body) == ("timeout", 200, b"he")
