from collections.abc import Callable

import pytest

from faults.fault import At, Fault
from foreshock.errors import UsageError
from replayer.plan import Binding, Budget, Burst, Header, Plan, Repeat, Step, Value
from replayer.validating import validated, validated_steps

Make = Callable[..., Step]


def fault(**place: object) -> Fault:
    return Fault(id="f1", link="payments", kind="slow", **place)  # type: ignore[arg-type]


def refused(header: Header, *steps: Step) -> str:
    with pytest.raises(UsageError) as refusal:
        validated(Plan(header, steps), "p.yaml")
    return str(refusal.value)


def test_references_that_meet_something_are_fine(step: Make) -> None:
    header = Header(
        name="p", links=("payments",), faults=(fault(at=At(before="s2")),), edits=(Repeat(step="s2", of="s1"),)
    )
    plan = Plan(header, (step("s1"), step("s2", after=("s1",), bound=(("path:0", "s1", "json:$.id"),))))
    assert validated(plan, "p.yaml") is plan


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"step": "s1"}, "p.yaml: steps[1].id: s1 stands twice; every step needs an id of its own"),
        ({"due_s": 0.5}, "p.yaml: steps[1].due_s: 0.5: steps stand in due order, and the one before is 1.0"),
        ({"due_s": float("nan")}, "p.yaml: steps[1].due_s: nan: steps stand in due order, and the one before is 1.0"),
        ({"after": ("s3",)}, "p.yaml: steps[1].after: s3 is no earlier step; steps only look back"),
        ({"after": ("s2",)}, "p.yaml: steps[1].after: s2 is no earlier step; steps only look back"),
        (
            {"bound": (("path:0", "s9", "json:$.id"),)},
            "p.yaml: steps[1].bindings[0].from: s9 is no earlier step; steps only look back",
        ),
        (
            {"due_s": 2.0, "barrier": "b1"},
            "p.yaml: steps[1].barrier: the steps of b1 are due at different times; they share one",
        ),
    ],
)
def test_a_step_that_cannot_be_run_is_refused(step: Make, changes: dict[str, object], why: str) -> None:
    given = {"step": "s2", "due_s": 1.0, **changes}
    assert refused(Header(name="p"), step("s1", 1.0, barrier="b1"), step(given.pop("step"), **given)) == why


def test_a_place_that_is_none_is_refused(step: Make) -> None:
    assert "steps[1].bindings[0].into: expected a place such as" in refused(
        Header(name="p"), step("s1"), step("s2", bound=(("nowhere", "s1", "json:$.id"),))
    )


@pytest.mark.parametrize("into", ["html:csrf", "link:next", "header:A > path:1"])
def test_a_place_of_responses_cannot_be_written(step: Make, into: str) -> None:
    assert f"steps[1].bindings[0].into: {into}: a request has no such place" in refused(
        Header(name="p"), step("s1"), step("s2", bound=((into, "s1", "json:$.id"),))
    )


def test_a_wrap_without_a_place_for_the_value_is_refused(step: Make) -> None:
    bound = Binding(into="header:A", from_="s1", at="json:$.id", wrap="Bearer")
    second = step("s2")
    second = Step(**{name: getattr(second, name) for name in second.__struct_fields__} | {"bindings": (bound,)})
    assert "wrap: 'Bearer': expected '{}' once" in refused(Header(name="p"), step("s1"), second)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (Header(name="p", faults=(fault(at=At(after="s9")),)), "faults[0].at: the plan has no step s9"),
        (
            Header(name="p", links=("db",), faults=(fault(at=At(after="s1")),)),
            "faults[0].link: payments is none of links: db",
        ),
        (Header(name="p", edits=(Repeat(step="s9", of="s1"),)), "edits[0].step: the plan has no step s9"),
        (
            Header(name="p", edits=(Burst(barrier="b", was=()),)),
            "edits[0].barrier: fewer than two steps have barrier b",
        ),
        (
            Header(name="p", edits=(Value(step="s1", place="path:0", now="x", was="y"),)),
            "steps[0].request: has not at path:0 what edits[0] says: 'x'",
        ),
    ],
)
def test_a_header_that_speaks_of_what_is_not_there_is_refused(step: Make, header: Header, why: str) -> None:
    assert refused(header, step("s1")) == f"p.yaml: {why}"


def test_steps_that_would_wait_for_ever_are_refused(step: Make) -> None:
    steps = (step("s1", barrier="b1"), step("s2", after=("s1",)), step("s3", barrier="b1", after=("s2",)))
    assert "they would wait for ever" in refused(Header(name="p"), *steps)


def test_a_stream_remembers_only_its_horizon(step: Make) -> None:
    header = Header(name="p", budget=Budget(horizon_steps=2))
    steps = (step("s1"), step("s2"), step("s3"), step("s4", after=("s1",)))
    with pytest.raises(UsageError, match="s1 is no earlier step within the last 2"):
        list(validated_steps(header, steps, "p.jsonl.zst"))
