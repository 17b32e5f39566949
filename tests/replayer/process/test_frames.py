"""Frames come out as they went in, however the pipe cuts them."""

import random

import pytest

from replayer.process.frames import MOST_BYTES, Frames, Kind, frame

SENT = [(Kind.JOB, b"job"), (Kind.STEP, b""), (Kind.STEP, bytes(70_000)), (Kind.END, b"")]
WIRE = b"".join(frame(kind, content) for kind, content in SENT)


@pytest.mark.parametrize("seed", range(5))
def test_what_was_sent_is_told_whatever_the_reads(seed):
    rng, frames, told, at = random.Random(seed), Frames(), [], 0
    while at < len(WIRE):
        size = rng.choice([1, 3, 1000, 1 << 16])
        told += frames.feed(WIRE[at : at + size])
        at += size
    assert told == SENT and not frames.torn


def test_a_frame_that_is_not_whole_is_told_from_none():
    frames = Frames()
    assert list(frames.feed(WIRE[:6])) == []
    assert frames.torn


def test_what_is_no_frame_is_refused():
    with pytest.raises(ValueError, match="longer than any"):
        list(Frames().feed(b"S" + (MOST_BYTES + 1).to_bytes(4, "big")))
    with pytest.raises(ValueError, match="Z"):
        list(Frames().feed(b"Z" + bytes(4)))
