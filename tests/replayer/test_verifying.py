from collections.abc import Callable

from replayer.outcome import Answer, Outcome
from replayer.plan import Binding, Recorded, Request, Step
from replayer.verifying import Verifying


def bound(step: str, *sources: tuple[str, float], status: int = 200) -> Step:
    return Step(
        id=step,
        due_s=0.0,
        session="a",
        route="GET /x",
        request=Request(method="GET", target="/x"),
        bindings=tuple(
            Binding(into=f"query:q{nth}", from_=source, at="json:$.id", confidence=sure)
            for nth, (source, sure) in enumerate(sources)
        ),
        recorded=Recorded(status=status),
    )


def met(step: Step, status: int | None, not_sent: str | None = None) -> Outcome:
    answer = Answer(status=status) if status else None
    return Outcome(step=step.id, session="a", route=step.route, due_s=0.0, answer=answer, not_sent=not_sent)


def test_bindings_hold_where_the_recorded_status_came_again(step: Callable[..., Step]) -> None:
    verifying = Verifying()
    for one, status in ((step("s1"), 200), (bound("s2", ("s1", 0.9), ("s1", 0.8)), 200), (bound("s3"), 404)):
        verifying.meet(one, met(one, status))
    assert (verifying.verified.held, verifying.verified.doubtful, verifying.verified.doubts) == (2, 0, ())


def test_the_least_sure_binding_of_a_step_that_came_otherwise_is_the_first_to_doubt() -> None:
    verifying = Verifying()
    for one in (bound("s2", ("s1", 0.9), ("s1", 0.6)), bound("s3", ("s1", 0.5))):
        verifying.meet(one, met(one, 404))
    told = verifying.verified
    assert (told.held, told.doubtful) == (0, 3)
    assert [(doubt.step, doubt.into, doubt.confidence) for doubt in told.doubts] == [
        ("s3", "query:q0", 0.5),
        ("s2", "query:q1", 0.6),
    ]
    assert told.doubts[0].why == "status 404, recorded 200"


def test_what_hangs_on_a_doubtful_step_is_behind_it_and_no_doubt_of_its_own() -> None:
    verifying = Verifying()
    for one, status in ((bound("s1"), 500), (bound("s2", ("s1", 0.9)), 404), (bound("s3", ("s2", 0.9)), 404)):
        verifying.meet(one, met(one, status))
    assert (verifying.verified.behind, verifying.verified.doubtful, verifying.verified.doubts) == (2, 0, ())


def test_a_step_without_a_value_is_unbound_and_says_why() -> None:
    verifying = Verifying()
    one = bound("s2", ("s1", 0.9))
    verifying.meet(one, met(one, None, "unbound: query:q0 needs json:$.id of s1, which answered 200 without it"))
    assert verifying.verified.unbound == 1
    assert verifying.verified.doubts[0].why.startswith("unbound: query:q0")


def test_what_was_stopped_or_lost_says_nothing_of_its_values_nor_of_what_hangs_on_it() -> None:
    verifying = Verifying()
    stopped = bound("s2", ("s1", 0.9))
    verifying.meet(stopped, met(stopped, None, "stopped: the replay was ended before it was due"))
    after = bound("s3", ("s2", 0.9))
    verifying.meet(after, met(after, 404))
    told = verifying.verified
    assert (told.held, told.doubtful, told.unbound, told.behind, told.doubts) == (0, 0, 0, 1, ())
