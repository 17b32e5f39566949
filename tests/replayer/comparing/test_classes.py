"""What became of a step under faults, by its definitions; and of a whole shaken run."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from faults.call import Call
from foreshock.clock import Anchor
from replayer.comparing.classes import Case, class_of
from replayer.comparing.difference import Difference
from replayer.comparing.masks import Masks
from replayer.comparing.shaken import classes_of
from replayer.outcome import Answer, Attempt, History, Outcome

OTHER = (Difference(step="s", route="POST /pay", place="json:$.a", at="json:$.a", kind="value", was="", now=""),)


def outcome(
    status: int | None = 200, error: str | None = None, took_s: float = 0.1, attempts: int = 1, **more: Any
) -> Outcome:
    tries = tuple(Attempt(sent_s=0.0, ended_s=took_s, status=status, error=error) for _ in range(attempts))
    answer = Answer(status=status) if status else None
    said = {"step": "s", "session": "a", "route": "POST /pay", **more}
    return Outcome(due_s=0.0, sent_s=0.0, ended_s=took_s, attempts=tries, answer=answer, **said)


def call(ended: str = "answered", status: int | None = 201, method: str = "POST", by: str = "traceparent") -> Call:
    asked: dict[str, Any] = {"method": method, "ended": ended, "status": status, "by": by}
    return Call(
        link="bank",
        ordinal=1,
        connection=1,
        protocol="http/1.1",
        path="/charges/1",
        started_s=0,
        asked_s=0.1,
        step="s",
        **asked,
    )


def classed(shaken: Outcome | None = None, differences: tuple[Difference, ...] | None = (), **more: Any) -> str:
    return class_of(Case(calm=outcome(), shaken=shaken or outcome(), differences=differences, **more))


@pytest.mark.parametrize(
    ("shaken", "differences", "expected"),
    [
        (outcome(), (), "same"),
        (outcome(attempts=2), (), "masked"),
        (outcome(503), OTHER, "honest failure"),
        (outcome(400), OTHER, "honest failure"),
        (outcome(None, "reset"), OTHER, "honest failure"),
        (outcome(200, "cut"), OTHER, "honest failure"),
        (outcome(None, "timeout"), OTHER, "hung"),
        (outcome(took_s=0.5), (), "same"),
        (outcome(took_s=0.7), (), "slow"),
        (outcome(), OTHER, "wrong success"),
        (outcome(), None, "unknown"),
    ],
)
def test_a_step_is_of_one_class(shaken: Outcome, differences: tuple[Difference, ...] | None, expected: str) -> None:
    assert classed(shaken, differences) == expected


def test_after_a_write_that_went_otherwise_another_answer_may_be_right() -> None:
    assert classed(outcome(), OTHER, clouded=True) == "unknown"
    assert classed(outcome(404), OTHER, clouded=True) == "unknown"
    assert classed(outcome(503), OTHER, clouded=True) == "honest failure"


@pytest.mark.parametrize(
    ("shaken", "expected"),
    [
        ((call(),), "same"),
        ((call(), call()), "duplicate effect"),
        ((call("cut", None), call()), "unknown"),
        ((call("answered", 409), call()), "same"),
        ((call(), call(method="GET")), "same"),
        ((), "missing effect"),
        ((call("cut", None),), "unknown"),
    ],
)
def test_effects_are_told_by_what_the_step_caused_on_the_links(shaken: tuple[Call, ...], expected: str) -> None:
    assert classed(calm_calls=(call(),), shaken_calls=shaken) == expected


def test_calls_whose_step_is_known_by_time_alone_never_make_sure() -> None:
    timed = call(by="time")
    assert classed(calm_calls=(timed,), shaken_calls=(timed,)) == "same"
    assert classed(calm_calls=(timed,), shaken_calls=(timed, timed)) == "unknown"


def test_a_failure_without_its_effect_is_no_missing_effect() -> None:
    assert classed(outcome(503), OTHER, calm_calls=(call(),)) == "honest failure"


def test_what_the_systems_own_retry_made_good_is_masked() -> None:
    read = call(method="GET")
    assert classed(calm_calls=(read,), shaken_calls=(call("reset", None, "GET"), read)) == "masked"


def history(*outcomes: Outcome) -> History:
    return History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes)


def test_a_run_is_told_by_classes_the_gravest_first_and_what_followed_a_failed_write_is_unknown(
    answer: Callable[..., Answer],
) -> None:
    def said(step: str, route: str, body: object, session: str = "a", status: int = 200) -> Outcome:
        return replace(
            outcome(status, step=step, route=route, session=session),
            answer=answer(body, status=status),
            sent_s=float(step[1:]),
        )

    calm = history(
        said("s1", "GET /goods", {"n": 1}), said("s2", "POST /orders", {"n": 1}), said("s3", "GET /orders", [1]),
        said("s4", "GET /goods", {"n": 2}, "b"), said("s5", "GET /orders/{id}", {"n": 1}, "b"),
    )  # fmt: skip
    shaken = history(
        said("s1", "GET /goods", {"n": 1}), said("s2", "POST /orders", {}, status=503), said("s3", "GET /orders", []),
        said("s4", "GET /goods", {"n": 3}, "b"), said("s5", "GET /orders/{id}", {"n": 2}, "b"),
        replace(said("s6", "GET /orders", [], "b"), not_sent="stopped", attempts=(), answer=None),
    )  # fmt: skip
    told = classes_of(calm, shaken, Masks())
    assert [(each.name, [(first.step, first.differs) for first in each.first]) for each in told] == [
        ("wrong success", [("s4", "json:$.n: value")]),
        ("honest failure", [("s2", "status: status")]),
        ("same", [("s1", "")]),
        ("unknown", [("s3", "json:$[*]: missing"), ("s5", "json:$.n: value")]),
    ]
