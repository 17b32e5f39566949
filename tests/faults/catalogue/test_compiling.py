"""Every kind, from its arguments to its toxics; what cannot be is said with the fault, the argument and what may be."""

import re
from typing import Any

import pytest

from faults.catalogue import KINDS, Argument, compile_fault, signs_of
from faults.course import Course, Down, Stage
from faults.fault import At, Fault, Nth, Ramp, Window
from faults.toxic import ATTRIBUTES, Toxic


def fault(kind: str, **args: Any) -> Fault:
    return Fault(id="f1", link="payments", kind=kind, args=args, window=Window())


def toxics(course: Course) -> list[tuple[str, str, dict[str, int]]]:
    """Of a course that stays as it is: type, stream and attributes of each."""
    (stage,) = course.stages
    assert isinstance(stage.level, tuple)
    return [(toxic.type, toxic.stream, dict(toxic.attributes)) for toxic in stage.level]


@pytest.mark.parametrize(
    ("kind", "args", "expected"),
    [
        ("slow", {"latency_ms": 300}, [("latency", "downstream", {"latency": 300, "jitter": 0})]),
        ("slow", {"latency_ms": 300, "jitter_ms": 9}, [("latency", "downstream", {"latency": 300, "jitter": 9})]),
        ("stall", {}, [("timeout", "upstream", {"timeout": 0}), ("timeout", "downstream", {"timeout": 0})]),
        ("lost_reply", {}, [("timeout", "downstream", {"timeout": 0})]),
        ("cut_reply", {"after_bytes": 60}, [("limit_data", "downstream", {"bytes": 60})]),
        ("reset", {}, [("reset_peer", "downstream", {"timeout": 0})]),
        (
            "trickle",
            {"chunk_bytes": 16, "pause_ms": 100},  # Toxiproxy's pause is in microseconds
            [("slicer", "downstream", {"average_size": 16, "size_variation": 0, "delay": 100_000})],
        ),
        (
            "thin_pipe",
            {"kb_per_s": 5},
            [("bandwidth", "upstream", {"rate": 5}), ("bandwidth", "downstream", {"rate": 5})],
        ),
        (
            "slow_close",
            {"delay_ms": 700},
            [("slow_close", "upstream", {"delay": 700}), ("slow_close", "downstream", {"delay": 700})],
        ),
        (
            "toxic",
            {"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 5}},
            [("bandwidth", "upstream", {"rate": 5})],
        ),
        ("toxic", {"type": "noop"}, [("noop", "downstream", {})]),
    ],
)
def test_each_kind_becomes_its_toxics(
    kind: str, args: dict[str, Any], expected: list[tuple[str, str, dict[str, int]]]
) -> None:
    assert toxics(compile_fault(fault(kind, **args), 20.0)) == expected
    assert toxics(compile_fault(fault(kind, **args), None)) == expected


def test_the_toxicity_of_a_verbatim_toxic_is_kept() -> None:
    (stage,) = compile_fault(fault("toxic", type="noop", toxicity=0.5), None).stages
    assert stage.level == (Toxic(name="f1", type="noop", toxicity=0.5),)


def test_down_is_no_toxic() -> None:
    assert compile_fault(fault("down"), None) == Course((Stage(0.0, Down()),))


def test_flapping_is_down_first_then_up_and_begins_again() -> None:
    course = compile_fault(fault("flapping", up_ms=2000, down_ms=500), 20.0)
    assert course == Course((Stage(0.0, Down()), Stage(0.5, ())), every_s=2.5)
    assert compile_fault(fault("flapping", up_ms=2000, down_ms=500), None) == course


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_says_what_it_does_and_which_incident_it_imitates(kind: Any) -> None:
    assert re.fullmatch(r"[A-Z].{20,}\.", kind.does)
    assert re.fullmatch(r"[A-Z].{50,}[.?]", kind.imitates)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_a_search_tries_compiles_wherever_a_search_puts_it(kind: Any) -> None:
    for args in kind.searched:
        for place in ({"window": Window()}, {"at": At(while_="s1")}, {"nth": Nth(n=1, link="payments")}):
            placed = Fault(id="f", link="payments", kind=kind.name, args=args, **place)
            compile_fault(placed, 1.0 if placed.window else None)


def test_what_a_search_tries_is_in_the_order_that_a_seed_was_told_of() -> None:
    searched = {name: kind.searched for name, kind in KINDS.items() if kind.searched}
    assert searched == {
        "slow": ({"latency_ms": 50}, {"latency_ms": 300}, {"latency_ms": 1500}),
        "stall": ({},),
        "lost_reply": ({},),
        "cut_reply": ({"after_bytes": 200}, {"after_bytes": 60}, {"after_bytes": 1}),
        "reset": ({},),
        "down": ({},),
        "trickle": ({"chunk_bytes": 64, "pause_ms": 20},),
    }
    assert list(searched)[:6] == ["slow", "stall", "lost_reply", "cut_reply", "reset", "down"]


def test_an_argument_means_the_same_numbers_in_every_kind_that_has_it() -> None:
    """The scenario's JSON Schema has one entry of each name."""
    limits: dict[str, tuple[int, int]] = {}
    for argument in [argument for kind in KINDS.values() for argument in kind.arguments]:
        assert limits.setdefault(argument.name, (argument.low, argument.high)) == (argument.low, argument.high)


RANGES = [(kind, argument) for kind in KINDS.values() for argument in kind.arguments]


@pytest.mark.parametrize(("kind", "argument"), RANGES, ids=[f"{kind.name}.{each.name}" for kind, each in RANGES])
def test_every_argument_is_taken_just_inside_its_limits_and_refused_just_outside(kind: Any, argument: Argument) -> None:
    others = {each.name: each.low for each in kind.arguments}
    for value in (argument.low, argument.high):
        compile_fault(fault(kind.name, **others | {argument.name: value}), 4e5)
    for value in (argument.low - 1, argument.high + 1, None, "5", 5.0, True, float("nan")):
        with pytest.raises(ValueError) as refused:
            compile_fault(fault(kind.name, **others | {argument.name: value}), 4e5)
        shown = "" if value is None else f"={value!r}"
        allowed = f"expected a whole number from {argument.low} to {argument.high}"
        assert str(refused.value) == f"fault 'f1': {kind.name}: {argument.name}{shown}: {allowed}"


@pytest.mark.parametrize(
    ("kind", "args", "message"),
    [
        ("melt", {}, f"fault 'f1': kind='melt': expected one of {', '.join(KINDS)}"),
        ("slow", {}, "fault 'f1': slow: latency_ms: expected a whole number from 1 to 86400000"),
        ("slow", {"latency_ms": 5, "jitter": 1}, "fault 'f1': slow: jitter: expected latency_ms, jitter_ms"),
        ("down", {"hard": 1}, "fault 'f1': down: hard: expected no arguments"),
        (
            "flapping",
            {"up_ms": 100, "down_ms": 20_000},
            "fault 'f1': flapping: down_ms=20000: expected less than the 20.0 s that it lasts",
        ),
        ("toxic", {}, "fault 'f1': toxic: type: expected the toxic's type"),
        ("toxic", {"type": "melt"}, f"fault 'f1': toxic: type='melt': expected one of {', '.join(ATTRIBUTES)}"),
        (
            "toxic",
            {"type": "latency", "attributes": 5},
            "fault 'f1': toxic: attributes=5: expected names with whole numbers",
        ),
        (
            "toxic",
            {"type": "latency", "attributes": {"latency": -5}},
            "fault 'f1': toxic: attributes.latency=-5: expected a whole number from 0 to 86400000",
        ),
        (
            "toxic",
            {"type": "noop", "toxicity": float("nan")},
            "fault 'f1': toxic: toxicity=nan: expected a number from 0 to 1",
        ),
        (
            "toxic",
            {"type": "noop", "rate": 1},
            "fault 'f1': toxic: rate: expected type, stream, attributes, toxicity",
        ),
    ],
)
def test_what_cannot_be_says_which_fault_and_what_is_allowed(kind: str, args: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        compile_fault(fault(kind, **args), 20.0)
    assert str(refused.value) == message


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.ramps], ids=lambda kind: kind.name)
def test_a_kind_without_a_magnitude_that_grows_refuses_a_ramp(kind: Any) -> None:
    args: dict[str, Any] = {argument.name: argument.low for argument in kind.arguments}
    if kind.name == "toxic":
        args = {"type": "latency"}
    with pytest.raises(ValueError) as refused:
        compile_fault(
            Fault(id="f1", link="l", kind=kind.name, args=args, window=Window(), ramp=Ramp(up="1s")),
            20.0,
        )
    assert str(refused.value) == (
        f"fault 'f1': {kind.name}: it has no magnitude that grows; leave the ramp out "
        "(kinds with one: slow, brownout, thin_pipe)"
    )


def test_names_of_toxics_never_meet_whatever_the_faults_are_called() -> None:
    ids = ["a", "a:up", "a/up", "a%3Aup", "a b"]
    args: dict[str, dict[str, int]] = {"stall": {}, "lost_reply": {}, "thin_pipe": {"kb_per_s": 1}}
    levels = [
        compile_fault(Fault(id=f"{kind}{fault_id}", link="l", kind=kind, args=args[kind], window=Window()), 1.0).levels
        for fault_id in ids
        for kind in args
    ]
    names = [toxic.name for (level,) in levels if isinstance(level, tuple) for toxic in level]
    assert len(set(names)) == len(names) == 5 * (2 + 1 + 2)
    assert not any("/" in name for name in names)


@pytest.mark.parametrize("fault_id", ["", "\ud800"])
def test_an_id_that_no_server_could_be_told_of_is_a_value_error(fault_id: str) -> None:
    with pytest.raises(ValueError, match="lost_reply"):
        compile_fault(Fault(id=fault_id, link="l", kind="lost_reply", window=Window()), 1.0)


@pytest.mark.parametrize(
    ("kind", "args", "signs"),
    [
        ("slow", {"latency_ms": 5}, {"delayed"}),
        ("stall", {}, {"unanswered", "cut", "closed"}),
        ("flapping", {"up_ms": 50, "down_ms": 50}, {"refused", "cut", "closed"}),
        ("slow_close", {"delay_ms": 1}, set()),
        ("toxic", {"type": "noop"}, set()),
        ("toxic", {"type": "latency", "stream": "upstream"}, {"delayed"}),
        ("toxic", {"type": "limit_data", "attributes": {"bytes": 9}}, {"cut", "unanswered", "closed"}),
    ],
)
def test_a_hit_of_a_fault_looks_like_what_its_kind_or_its_toxic_does(
    kind: str, args: dict[str, Any], signs: set[str]
) -> None:
    assert signs_of(fault(kind, **args)) == signs


def test_a_verbatim_toxic_has_signs_whatever_its_type_and_its_kind_has_all_of_them() -> None:
    signs = [signs_of(fault("toxic", type=type_)) for type_ in ATTRIBUTES]
    assert frozenset().union(*signs) == KINDS["toxic"].signs == {"delayed", "unanswered", "cut", "closed", "reset"}


def test_kinds_with_the_same_toxics_have_the_same_signs() -> None:
    for kind in (each for each in KINDS.values() if each.name != "toxic"):
        args = {argument.name: argument.low for argument in kind.arguments}
        levels = compile_fault(fault(kind.name, **args), 20.0).levels
        verbatim = [KINDS["down"].signs if isinstance(level, Down) else _signs(level) for level in levels]
        assert kind.signs == frozenset().union(*verbatim) - (
            {"unanswered"} if kind.name == "thin_pipe" else frozenset()  # only a rate of 0 lets nothing through
        )


def _signs(level: tuple[Toxic, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(signs_of(fault("toxic", type=toxic.type)) for toxic in level))
