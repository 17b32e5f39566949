"""Whatever a fault's arguments and ramp are: a course that every server can be given, or a ValueError."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from faults.catalogue import KINDS, compile_fault
from faults.course import Course, Down
from faults.fault import Fault, Ramp, Window
from faults.toxic import ATTRIBUTES, Toxic

SPANS_S = st.none() | st.floats(min_value=0.01, max_value=4e5)
OFFSETS = st.integers(0, 60_000).map(lambda ms: f"{ms}ms") | st.integers(0, 100).map(lambda share: f"{share}%")


@st.composite
def verbatim(draw: st.DrawFn) -> dict[str, Any]:
    """Allowed arguments of `toxic`."""
    type_ = draw(st.sampled_from(list(ATTRIBUTES)))
    attributes = {name: draw(st.integers(low, high)) for name, (low, high) in ATTRIBUTES[type_].items()}
    if type_ == "slicer":
        attributes["size_variation"] = draw(st.integers(0, attributes["average_size"] - 1))
    stream, toxicity = draw(st.sampled_from(["upstream", "downstream"])), draw(st.floats(0, 1))
    return {"type": type_, "stream": stream, "attributes": attributes, "toxicity": toxicity}


@st.composite
def allowed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A kind with arguments within their limits."""
    kind = KINDS[draw(st.sampled_from(list(KINDS)))]
    if kind.name == "toxic":
        return kind.name, draw(verbatim())
    given_ = [each for each in kind.arguments if each.default is None or draw(st.booleans())]
    return kind.name, {each.name: draw(st.integers(each.low, min(each.high, 5000)) | small(each)) for each in given_}


def small(argument: Any) -> st.SearchStrategy[int]:
    """The limits and what is near them."""
    return st.sampled_from([argument.low, argument.low + 1, argument.high - 1, argument.high])


@st.composite
def ramps(draw: st.DrawFn) -> Ramp:
    up, down = draw(OFFSETS), draw(OFFSETS)
    assume(up not in ("0ms", "0%") or down not in ("0ms", "0%"))
    return Ramp(up=up, down=down, steps=draw(st.integers(2, 100)))


def tried(kind: str, args: dict[str, Any], ramp: Ramp | None, span_s: float | None) -> Course | None:
    """None where it is refused, which says why in one line."""
    try:
        return compile_fault(Fault(id="f", link="l", kind=kind, args=args, window=Window(), ramp=ramp), span_s)
    except ValueError as error:
        assert str(error).startswith(f"fault 'f': {kind}: ")
        assert "expected" in str(error) or "leave the ramp out" in str(error)
        return None


def magnitudes(course: Course) -> list[list[float]]:
    """Of each stage: what each of its toxics does to a byte, the more the larger."""
    return [
        [
            value if name != "rate" else -value
            for toxic in stage.level
            for name, value in sorted(toxic.attributes.items())
        ]
        for stage in course.stages
        if not isinstance(stage.level, Down)
    ]


@given(allowed(), st.none() | ramps(), SPANS_S)
def test_every_stage_has_toxics_that_are_valid_and_stages_are_in_order(
    asked: tuple[str, dict[str, Any]], ramp: Ramp | None, span_s: float | None
) -> None:
    kind, args = asked
    course = tried(kind, args, ramp, span_s)
    if course is None:
        return
    starts_s = [stage.at_s for stage in course.stages]
    assert starts_s[0] == 0
    assert all(one_s < next_s for one_s, next_s in pairwise(starts_s))
    assert span_s is None or course.every_s is not None or starts_s[-1] <= span_s
    for stage in course.stages:
        for toxic in () if isinstance(stage.level, Down) else stage.level:
            assert Toxic(**{name: getattr(toxic, name) for name in Toxic.__struct_fields__}) == toxic
            assert toxic.name.split(":")[0] == "f"
    assert len({tuple(toxic.name for toxic in level) for level in course.levels if not isinstance(level, Down)}) <= 1


@given(allowed(), SPANS_S)
def test_without_a_ramp_what_is_allowed_is_refused_only_for_the_time_it_has(
    asked: tuple[str, dict[str, Any]], span_s: float | None
) -> None:
    kind, args = asked
    assert tried(kind, args, None, span_s) is not None or kind in ("brownout", "flapping")


@given(
    kind=st.sampled_from([name for name, kind in KINDS.items() if kind.ramps]),
    magnitude=st.integers(1, 5000),
    jitter_ms=st.integers(0, 500),
    shares=st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda both: 0 < sum(both) <= 100),
    steps=st.integers(2, 100),
    room=st.floats(min_value=1.001, max_value=10),
)
def test_magnitudes_only_grow_up_the_ramp_to_the_whole_and_only_shrink_down_it(
    kind: str, magnitude: int, jitter_ms: int, shares: tuple[int, int], steps: int, room: float
) -> None:
    args = {"kb_per_s": magnitude} if kind == "thin_pipe" else {"latency_ms": magnitude, "jitter_ms": jitter_ms}
    least_step_s = max(10, magnitude + jitter_ms) / 1000
    span_s = room * least_step_s * steps * 100 / min(share for share in shares if share)
    course = tried(kind, args, Ramp(up=f"{shares[0]}%", down=f"{shares[1]}%", steps=steps), span_s)
    assert course is not None
    met = magnitudes(course)
    top = met.index([-magnitude, -magnitude] if kind == "thin_pipe" else [jitter_ms, magnitude])
    up, down = met[: top + 1], met[top:]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    if magnitude > 1:
        assert (len(up) > 1, len(down) > 1) == (shares[0] > 0, shares[1] > 0)


@given(allowed(), st.none() | ramps(), SPANS_S)
def test_going_from_change_to_change_visits_every_stage(
    asked: tuple[str, dict[str, Any]], ramp: Ramp | None, span_s: float | None
) -> None:
    kind, args = asked
    course = tried(kind, args, ramp, span_s)
    if course is None:
        return
    elapsed_s: float | None = 0.0
    met = []
    while elapsed_s is not None and len(met) < 2 * len(course.stages):
        met.append(course.level_at(elapsed_s))
        elapsed_s = course.next_change_s(elapsed_s)
    rounds = 1 if course.every_s is None else 2
    assert met == [stage.level for stage in course.stages] * rounds


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [argument.name for kind in KINDS.values() for argument in (*kind.arguments, *kind.verbatim)]
) | st.text(max_size=3)


@given(
    st.sampled_from(list(KINDS)) | st.text(),
    st.dictionaries(NAMES, ANYTHING | st.sampled_from(list(ATTRIBUTES)), max_size=4),
    st.none() | ramps(),
    SPANS_S,
    st.text(max_size=5),
)
def test_whatever_the_arguments_are_nothing_but_a_value_error_is_raised(
    kind: str, args: dict[str, Any], ramp: Ramp | None, span_s: float | None, fault_id: str
) -> None:
    try:
        compile_fault(Fault(id=fault_id, link="l", kind=kind, args=args, window=Window(), ramp=ramp), span_s)
    except ValueError as error:
        assert str(error).startswith(f"fault {fault_id!r}: ")
