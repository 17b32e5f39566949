"""Where bodies end, told in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.tap.body import Chunked, NotUnderstood, Sized

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


@given(chunks=CHUNKS, trailers=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]), cut=st.integers(1, 30))
def test_a_chunked_body_ends_after_its_trailers_and_its_contents_are_seen(chunks, trailers, cut):
    coded = b"".join(b"%x;e\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"
    seen = bytearray()
    body = Chunked(seen.extend)
    said = coded + b"GET /next"
    end = 0
    for start in range(0, len(said), cut):
        if not body.whole:
            end = start + body.eat(said[start : start + cut], 0)
    assert end == len(coded)
    assert bytes(seen) == b"".join(chunks)


@given(length=st.integers(1, 100), cut=st.integers(1, 30))
def test_a_sized_body_ends_after_its_bytes(length, cut):
    seen = bytearray()
    body = Sized(length, seen.extend)
    said = bytes(range(length)) + b"more"
    end = 0
    for start in range(0, len(said), cut):
        if not body.whole:
            end = start + body.eat(said[start : start + cut], 0)
    assert (end, bytes(seen)) == (length, said[:length])


@pytest.mark.parametrize("coded", [b"xyz\r\n", b"\r\n", b"-1\r\n", b"1" * 9000])
def test_what_is_no_chunk_is_not_understood(coded):
    with pytest.raises(NotUnderstood):
        Chunked().eat(coded, 0)
