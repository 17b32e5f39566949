import random

import pytest

from recorder.eventtap import EventTap


def told(chunks: list[bytes], most_bytes: int = 1000) -> list[bytes | None]:
    said: list[bytes | None] = []
    tap = EventTap(said.append, most_bytes)
    assert [tap(chunk) for chunk in chunks] == chunks
    tap.end()
    return said


def test_events_are_told_when_they_are_whole_and_the_rest_at_the_end() -> None:
    assert told([b"data: 1\n", b"\ndata: 2\n\ndata", b": 3\n", b"\nda"]) == [
        b"data: 1\n\ndata: 2\n\n",
        b"data: 3\n\n",
        b"da",
    ]


@pytest.mark.parametrize("boundary", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_every_blank_line_ends_an_event_wherever_it_is_cut(boundary: bytes) -> None:
    stream = b"".join(b"data: %d" % n + boundary for n in range(50))
    draw = random.Random(1)
    chunks, at = [], 0
    while at < len(stream):
        size = draw.randrange(1, 6)
        chunks.append(stream[at : at + size])
        at += size
    said = told(chunks)
    assert b"".join(one or b"?" for one in said) == stream
    assert all(one is not None and one.endswith(boundary) for one in said)


def test_an_event_that_is_too_long_is_told_as_none_once_and_what_follows_it_is_whole() -> None:
    long = [b"data: ", *[b"x" * 10] * 20, b"\n\ndata: 2\n\n", b"data: 3\n\n"]
    assert told(long, most_bytes=50) == [None, b"data: 2\n\n", b"data: 3\n\n"]
    assert told([b"x" * 100], most_bytes=50) == [None]
    assert told([b"x" * 60, b"\n", b"\n"], most_bytes=50) == [None]


def test_of_a_stream_that_does_not_end_little_is_held() -> None:
    tap = EventTap(lambda _: None, 1000)
    for _ in range(1000):
        tap(b"x" * 100)
        assert len(tap._held) <= 1000
