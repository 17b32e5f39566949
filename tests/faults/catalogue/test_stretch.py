"""Ramps: which magnitude is on when, and which ramps there is no room for."""

from typing import Any

import pytest

from faults.catalogue import compile_fault
from faults.course import Course
from faults.fault import At, Fault, Ramp, Window


def compiled(kind: str, args: dict[str, int], ramp: Ramp | None, span_s: float | None) -> Course:
    place: dict[str, Any] = {"at": At(while_="s1")} if span_s is None else {"window": Window()}
    return compile_fault(Fault(id="f", link="l", kind=kind, args=args, ramp=ramp, **place), span_s)


def values(course: Course, attribute: str) -> list[tuple[float, int]]:
    """(from when, the attribute of the first toxic) of each stage."""
    return [(round(stage.at_s, 6), stage.level[0].attributes[attribute]) for stage in course.stages]  # type: ignore[index]


@pytest.mark.parametrize(
    ("ramp", "span_s", "expected"),
    [
        (Ramp(up="6s", steps=3), 20.0, [(0, 200), (2, 400), (4, 600)]),
        (Ramp(up="30%", steps=3), 20.0, [(0, 200), (2, 400), (4, 600)]),
        (Ramp(up="6s", steps=3), None, [(0, 200), (2, 400), (4, 600)]),
        (Ramp(down="6s", steps=3), 20.0, [(0, 600), (16, 400), (18, 200)]),
        (Ramp(up="3s", down="30%", steps=3), 20.0, [(0, 200), (1, 400), (2, 600), (16, 400), (18, 200)]),
        (Ramp(up="60%", down="40%", steps=2), 7.0, [(0, 300), (2.1, 600), (5.6, 300)]),
        (Ramp(up="100%", steps=2), 20.0, [(0, 300), (10, 600)]),
        (Ramp(down="100%", steps=2), 20.0, [(0, 600), (10, 300)]),
    ],
)
def test_a_ramp_grows_in_equal_steps_and_shrinks_as_its_mirror_image(
    ramp: Ramp, span_s: float | None, expected: list[tuple[float, int]]
) -> None:
    assert values(compiled("slow", {"latency_ms": 600}, ramp, span_s), "latency") == expected


def test_latency_and_jitter_grow_together() -> None:
    course = compiled("slow", {"latency_ms": 100, "jitter_ms": 10}, Ramp(up="40%", steps=4), 10.0)
    assert values(course, "latency") == [(0, 25), (1, 50), (2, 75), (3, 100)]
    assert values(course, "jitter") == [(0, 3), (1, 5), (2, 8), (3, 10)]


def test_a_pipe_narrows_towards_its_rate_so_that_a_byte_takes_longer_in_equal_steps() -> None:
    course = compiled("thin_pipe", {"kb_per_s": 30}, Ramp(up="4s", down="4s", steps=4), 10.0)
    assert values(course, "rate") == [(0, 120), (1, 60), (2, 40), (3, 30), (7, 40), (8, 60), (9, 120)]


def test_toxics_have_the_same_names_in_every_stage_so_that_a_change_is_an_update() -> None:
    course = compiled("thin_pipe", {"kb_per_s": 30}, Ramp(up="4s", steps=4), 10.0)
    assert {tuple(toxic.name for toxic in stage.level) for stage in course.stages} == {("f:up", "f:down")}  # type: ignore[union-attr]


def test_steps_that_change_nothing_are_no_stages() -> None:
    assert values(compiled("slow", {"latency_ms": 2}, Ramp(up="10s", steps=10), 20.0), "latency") == [(0, 1), (5, 2)]


def test_a_brownout_grows_over_its_whole_window() -> None:
    course = compiled("brownout", {"latency_ms": 1000}, None, 20.0)
    assert values(course, "latency") == [(2 * step, 100 * (step + 1)) for step in range(10)]


def test_a_brownout_has_fewer_steps_where_ten_would_be_shorter_than_its_delay() -> None:
    assert values(compiled("brownout", {"latency_ms": 900}, None, 3.0), "latency") == [(0, 300), (1, 600), (2, 900)]


@pytest.mark.parametrize("steps", range(2, 11))
def test_steps_that_just_fit_do_so_whatever_floats_say(steps: int) -> None:
    """0.3 / 3 is less than 0.1."""
    for latency_ms in range(1, 1000, 7):
        span_s = steps * max(latency_ms, 10) / 1000
        growing = compiled("slow", {"latency_ms": latency_ms}, Ramp(up="100%", steps=steps), span_s)
        assert len(growing.stages) == min(steps, latency_ms)
        assert compiled("brownout", {"latency_ms": latency_ms}, None, span_s) == growing


def test_a_brownout_with_a_ramp_is_slow_with_that_ramp() -> None:
    args, ramp = {"latency_ms": 100, "jitter_ms": 3}, Ramp(up="2s", steps=4)
    for span_s in (20.0, None):
        assert compiled("brownout", args, ramp, span_s) == compiled("slow", args, ramp, span_s)


NOT_KNOWN = "how long it lasts is not known here; expected a window, or ramp.up alone, in seconds such as '5s'"


@pytest.mark.parametrize(
    ("ramp", "span_s", "said"),
    [
        (Ramp(up="30s"), 20.0, "a ramp of 30.0 s is longer than the 20.0 s it is for; expected up + down within it"),
        (Ramp(up="60%", down="9s"), 20.0, "a ramp of 21.0 s is longer than the 20.0 s it is for; expected up + down"),
        (Ramp(up="50%"), None, f"ramp.up='50%': {NOT_KNOWN}"),
        (Ramp(up="5s", down="5s"), None, f"ramp.down='5s': {NOT_KNOWN}"),
        (Ramp(up="5s", down="10%"), None, f"ramp.down='10%': {NOT_KNOWN}"),
        (
            Ramp(up="2s"),
            20.0,
            "ramp.up in steps of 200 ms (steps=10): that is shorter than what it delays by; "
            "expected at most 4 steps, or at least '5000ms' in all",
        ),
        (
            Ramp(up="800ms", steps=4),
            20.0,
            "ramp.up in steps of 200 ms (steps=4): that is shorter than what it delays by; "
            "expected at least '1000ms' in all",
        ),
        (
            Ramp(up="10s", down="1s"),
            20.0,
            "ramp.down in steps of 100 ms (steps=10): that is shorter than what it delays",
        ),
    ],
)
def test_a_ramp_without_room_is_refused_with_the_mend(ramp: Ramp, span_s: float | None, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        compiled("slow", {"latency_ms": 480, "jitter_ms": 20}, ramp, span_s)
    assert str(refused.value).startswith(f"fault 'f': slow: {said}")


def test_steps_that_no_server_could_be_told_of_are_refused() -> None:
    with pytest.raises(ValueError) as refused:
        compiled("thin_pipe", {"kb_per_s": 5}, Ramp(up="50ms"), 20.0)
    assert str(refused.value) == (
        "fault 'f': thin_pipe: ramp.up in steps of 5 ms (steps=10): that is shorter than a server can be told of; "
        "expected at most 5 steps, or at least '100ms' in all"
    )


def test_the_mends_that_a_refusal_names_work() -> None:
    for ramp in (Ramp(up="2s", steps=4), Ramp(up="5s")):
        compiled("slow", {"latency_ms": 480, "jitter_ms": 20}, ramp, 20.0)
    compiled("slow", {"latency_ms": 480, "jitter_ms": 20}, Ramp(up="1s", steps=2), 20.0)
    compiled("thin_pipe", {"kb_per_s": 5}, Ramp(up="50ms", steps=5), 20.0)


@pytest.mark.parametrize(
    ("span_s", "said"),
    [
        (
            None,
            "how long it lasts is not known here; "
            "expected a window, or beside 'at' a ramp in seconds such as {up: 10s}",
        ),
        (1.5, "its 1.5 s are too short to grow step by step; expected at least '2000ms'"),
    ],
)
def test_a_brownout_that_can_not_grow_is_refused(span_s: float | None, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        compiled("brownout", {"latency_ms": 1000}, None, span_s)
    assert str(refused.value) == f"fault 'f': brownout: {said}"
