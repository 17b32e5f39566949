"""Bodies are read, or refused with words; nothing that can be sent makes the server fail."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.embedded.decoding import BadBody, ProxyBody, ToxicBody, read
from faults.embedded.making import toxics_from
from faults.embedded.refusal import ApiError
from faults.toxic import ATTRIBUTES

KEYS = ["name", "type", "stream", "toxicity", "attributes", "ttl", "connections", "listen", "upstream", "toxics"]
TEXTS = st.sampled_from(["upstream", "downstream", "UPSTREAM", "\ud800", *ATTRIBUTES]) | st.text(st.characters())
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | TEXTS, inner, max_size=5),
)
ATTRIBUTE = st.sampled_from(sorted({name for names in ATTRIBUTES.values() for name in names}))
TOXICS = st.fixed_dictionaries(
    {"type": st.sampled_from(list(ATTRIBUTES)), "attributes": st.dictionaries(ATTRIBUTE, st.integers())},
    optional={"ttl": st.integers(), "connections": st.lists(st.integers()), "toxicity": st.floats(), "name": TEXTS},
)


@settings(database=None, deadline=None, max_examples=150)
@given(VALUES)
def test_any_json_is_read_or_refused(value):
    for wanted in (ProxyBody, ToxicBody, list[ProxyBody]):
        try:
            read(json.dumps(value).encode(), wanted)
        except BadBody as refused:
            assert str(refused).startswith("bad request body: ")


@settings(database=None, deadline=None, max_examples=150)
@given(st.binary())
def test_any_bytes_are_read_or_refused(body):
    try:
        read(body, ToxicBody)
    except BadBody as refused:
        assert str(refused).startswith("bad request body: ")


@settings(database=None, deadline=None, max_examples=150)
@given(st.lists(TOXICS, max_size=3))
def test_any_toxics_are_made_or_refused_with_the_number_of_the_wrong_one(toxics):
    try:
        asked = read(json.dumps({"toxics": toxics}).encode(), ProxyBody).toxics
    except BadBody:
        return
    try:
        assert len(toxics_from(asked, seed=1, proxy="p")) == len(toxics)
    except (ApiError, BadBody) as refused:
        assert " at toxic " in str(refused)


@pytest.mark.parametrize("depth", [300, 450, 600, 900, 1_000, 100_000])
def test_a_body_that_goes_too_deep_is_refused(depth):
    with pytest.raises(BadBody):
        read(b'{"name":' + b"[" * depth + b"]" * depth + b"}", ToxicBody)
