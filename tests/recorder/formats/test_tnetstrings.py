import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.io import tnetstring

from recorder.formats.tnetstrings import skimmed

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=9) | st.text(max_size=9)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from("abcd"), values))
def test_what_is_wanted_is_what_mitmproxy_itself_reads(fields: dict[str, object]) -> None:
    data = tnetstring.dumps(fields)
    assert skimmed(data, {b"a": None, b"b": None, b"z": None}) == {
        name: value for name, value in tnetstring.loads(data).items() if name in "ab"
    }


def test_of_a_field_the_wanted_fields_are_taken_alone() -> None:
    data = tnetstring.dumps({"client": {"id": "x", "cipher": b"y"}, "other": None})
    assert skimmed(data, {b"client": {b"id": None}, b"other": {b"id": None}}) == {"client": {"id": "x"}, "other": None}


@pytest.mark.parametrize(
    "data", [b"", b"1", b"5:hello,", b"0:]", b"0:}x", b"9:0:}", b"8:1:a;1:b?}", b"x:}", b"4:1:a;}"]
)
def test_what_is_no_dictionary_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        skimmed(data, {b"a": None})
