import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.formats.jsonstream import JsonStream, without_halves
from recorder.formats.source import Torn

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


class Trickle(io.RawIOBase):
    """Gives one byte a read, so that every value is met in pieces."""

    def __init__(self, content: bytes) -> None:
        self._pieces: Iterator[bytes] = (content[at : at + 1] for at in range(len(content)))

    def read(self, _: int = -1) -> bytes:
        return next(self._pieces, b"")


@given(st.lists(values, max_size=5), st.sampled_from([None, 2]))
def test_the_items_of_an_array_come_as_they_stand(items: list[object], indent: int | None) -> None:
    stream = JsonStream(Trickle(json.dumps(items, indent=indent).encode()), "x")  # type: ignore[arg-type]
    assert [json.loads(stream.value()) for _ in stream.items()] == items


def test_fields_come_with_their_names_and_the_byte_is_known() -> None:
    stream = JsonStream(io.BytesIO(b'{"a": 1, "b" : [ {"c": 2} ] } '), "x")
    found = []
    for name in stream.members():
        if name == "b":
            for _ in stream.items():
                stream.next_char()
                found.append((stream.offset, json.loads(stream.value())))
        else:
            found.append((name, json.loads(stream.value())))
    assert found == [("a", 1), (17, {"c": 2})]
    assert stream.next_char() == b""


@pytest.mark.parametrize("content", [b"", b"[", b"[1", b"[1 2]", b"[1,", b'["a', b"[nul]", b"[" * 100_000, b"{}"])
def test_what_is_no_array_is_a_tear_with_its_byte(content: bytes) -> None:
    stream = JsonStream(io.BytesIO(content), "x.har")
    with pytest.raises(Torn, match=r"x\.har: not JSON at byte \d+"):
        for _ in stream.items():
            stream.value()


def test_a_value_of_absurd_size_is_not_taken_into_memory() -> None:
    stream = JsonStream(io.BytesIO(b'["' + b"x" * (3 << 20) + b'"]'), "x", value_bytes=1 << 20)
    with pytest.raises(Torn, match="more than 1 MiB"):
        for _ in stream.items():
            stream.value()


def test_halves_of_surrogate_pairs_are_replaced_and_pairs_are_not() -> None:
    assert without_halves(rb'"\ud83d\ude00 \udc00 \ud800 and more"') == rb'"\ud83d\ude00 \ufffd \ufffd and more"'
