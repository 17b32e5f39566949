"""Every attribute of every type just inside and just outside its limits, and everything else that a toxic can't be."""

import re
from typing import Any

import pytest

from faults.toxic import ATTRIBUTES, Toxic

RANGES = [(type_, name, *limits) for type_, attributes in ATTRIBUTES.items() for name, limits in attributes.items()]
IDS = [f"{type_}.{name}" for type_, name, _, _ in RANGES]
NEEDED = {"slicer": {"average_size": 1 << 30}}  # without it nothing else of a slicer can be judged
OUTSIDE = [1.5, "5", None, True, False, float("nan"), float("inf"), [5], 1 << 62, -(1 << 63)]


def made(type_: str, **attributes: Any) -> Toxic:
    return Toxic(name="t", type=type_, attributes=NEEDED.get(type_, {}) | attributes)


def test_the_limits_are_these() -> None:
    day_ms, gigabyte = 24 * 3600 * 1000, 1 << 30
    assert {f"{type_}.{name}": (low, high) for type_, name, low, high in RANGES} == {
        "latency.latency": (0, day_ms),
        "latency.jitter": (0, day_ms),
        "bandwidth.rate": (0, gigabyte),
        "slow_close.delay": (0, day_ms),
        "timeout.timeout": (0, day_ms),
        "reset_peer.timeout": (0, 2000),
        "slicer.average_size": (1, gigabyte),
        "slicer.size_variation": (0, gigabyte),
        "slicer.delay": (0, day_ms * 1000),
        "limit_data.bytes": (0, gigabyte),
    }


@pytest.mark.parametrize(("type_", "name", "low", "high"), RANGES, ids=IDS)
def test_an_attribute_is_taken_just_inside_its_limits(type_: str, name: str, low: int, high: int) -> None:
    # the sizes of a slicer have a bound more: a variation is less than the average
    highest = high - 1 if name == "size_variation" else high
    for value in (low, low + 1, highest - 1, highest):
        assert made(type_, **{name: value}).attributes[name] == value


@pytest.mark.parametrize(("type_", "name", "low", "high"), RANGES, ids=IDS)
def test_an_attribute_is_refused_just_outside_its_limits_and_far_from_them(
    type_: str, name: str, low: int, high: int
) -> None:
    for value in (low - 1, high + 1, *OUTSIDE):
        with pytest.raises(ValueError) as refused:
            made(type_, **{name: value})
        assert str(refused.value) == f"attributes.{name}={value!r}: expected a whole number from {low} to {high}"


@pytest.mark.parametrize("type_", ATTRIBUTES)
def test_an_attribute_of_no_type_or_of_another_is_refused_with_those_it_has(type_: str) -> None:
    others = {name for attributes in ATTRIBUTES.values() for name in attributes} - set(ATTRIBUTES[type_])
    for name in (*sorted(others), "toxicity", ""):
        with pytest.raises(ValueError) as refused:
            made(type_, **{name: 1})
        takes = ", ".join(ATTRIBUTES[type_]) or "no attributes"
        assert str(refused.value) == f"attributes.{name}: {type_} takes {takes}"


@pytest.mark.parametrize("type_", [type_ for type_ in ATTRIBUTES if type_ != "slicer"])
def test_every_type_but_a_slicer_can_do_without_attributes(type_: str) -> None:
    assert Toxic(name="t", type=type_).attributes == {}


@pytest.mark.parametrize("attributes", [{}, {"delay": 5}, {"size_variation": 5}])
def test_a_slicer_needs_its_size(attributes: dict[str, int]) -> None:
    with pytest.raises(ValueError) as refused:
        Toxic(name="t", type="slicer", attributes=attributes)
    assert str(refused.value) == (
        "attributes.average_size: expected a whole number from 1 to 1073741824; a slicer needs it"
    )


@pytest.mark.parametrize(("average", "variation", "most"), [(1, 1, 0), (10, 10, 9), (10, 50, 9)])
def test_a_slicers_sizes_vary_by_less_than_they_are(average: int, variation: int, most: int) -> None:
    made("slicer", average_size=average, size_variation=most)
    with pytest.raises(ValueError) as refused:
        made("slicer", average_size=average, size_variation=variation)
    assert str(refused.value) == (
        f"attributes.size_variation={variation}: expected a whole number from 0 to {most}, "
        f"less than average_size={average}"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "melt"}, f"type='melt': expected one of {', '.join(ATTRIBUTES)}"),
        ({"type": ["latency"]}, f"type=['latency']: expected one of {', '.join(ATTRIBUTES)}"),
        ({"stream": "sideways"}, "stream='sideways': expected 'upstream' or 'downstream'"),
        ({"stream": "UPSTREAM"}, "stream='UPSTREAM': expected 'upstream' or 'downstream'"),
        ({"stream": ""}, "stream='': expected 'upstream' or 'downstream'"),
        ({"toxicity": -0.001}, "toxicity=-0.001: expected a number from 0 to 1"),
        ({"toxicity": 1.001}, "toxicity=1.001: expected a number from 0 to 1"),
        ({"toxicity": float("nan")}, "toxicity=nan: expected a number from 0 to 1"),
        ({"toxicity": True}, "toxicity=True: expected a number from 0 to 1"),
        ({"toxicity": "1"}, "toxicity='1': expected a number from 0 to 1"),
        ({"toxicity": None}, "toxicity=None: expected a number from 0 to 1"),
        ({"name": ""}, "name='': expected a toxic's name without '/', that is not '.' or '..'"),
        ({"name": "a/b"}, "name='a/b': expected a toxic's name without '/', that is not '.' or '..'"),
        ({"name": "."}, "name='.': expected a toxic's name without '/', that is not '.' or '..'"),
        ({"name": ".."}, "name='..': expected a toxic's name without '/', that is not '.' or '..'"),
    ],
)
def test_what_no_server_could_do_or_find_again_never_becomes_a_toxic(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Toxic(**{"name": "t", "type": "latency", **wrong})


@pytest.mark.parametrize("toxicity", [0, 0.0, 0.5, 1, 1.0])
def test_a_toxicity_is_from_0_to_1(toxicity: float) -> None:
    assert Toxic(name="t", type="latency", toxicity=toxicity).toxicity == toxicity


@pytest.mark.parametrize("name", ["...", "a.b", "50% slow?", "f:up", "a%2Fb", "ä"])
def test_any_other_name_is_taken(name: str) -> None:
    assert Toxic(name=name, type="noop").name == name


def test_a_toxic_says_what_it_is() -> None:
    toxic = Toxic(name="t", type="latency", attributes={"latency": 5})
    assert (toxic.stream, toxic.toxicity) == ("downstream", 1.0)
