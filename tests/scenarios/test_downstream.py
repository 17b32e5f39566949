import msgspec
import pytest

from faults.call import Call
from scenarios.downstream import Caused, LinkUse, caused, clean, exact_repeats, link_uses


def call(ordinal: int, step: str | None, digest: str = "", **changes: object) -> Call:
    made = Call(
        link="payments",
        ordinal=ordinal,
        connection=1,
        protocol="http/1.1",
        method="POST",
        path="/charges",
        started_s=float(ordinal),
        ended="answered",
        digest=digest or f"d{ordinal}",
        step=step,
        by="traceparent" if step else None,
    )
    return msgspec.structs.replace(made, **changes)


def test_what_a_link_carried_is_counted_by_the_steps_that_caused_it() -> None:
    calls = [call(1, "a"), call(2, "a"), call(3, "a"), call(4, "b"), call(5, None, ended="cut")]
    (use,) = link_uses(calls)
    assert use == LinkUse(link="payments", calls=5, steps=2, unattributed=1, most=3, broken=1)
    assert use.per_step == 2.0


def test_links_are_kept_apart_in_the_order_of_their_first_call() -> None:
    calls = [call(1, "a", link="stock"), call(1, "a"), call(2, "a", link="stock")]
    assert [(use.link, use.calls) for use in link_uses(calls)] == [("stock", 2), ("payments", 1)]


def test_a_plan_that_asked_for_nothing_used_no_link() -> None:
    assert link_uses([]) == ()


def test_where_no_step_is_known_nothing_is_said_of_each_step() -> None:
    (use,) = link_uses([call(1, None)])
    assert (use.per_step, use.most) == (None, 0)


def test_a_repeat_is_the_same_call_of_the_same_step_on_the_same_link() -> None:
    calls = [
        call(1, "a", "d"),
        call(2, "a", "d"),
        call(3, "a", "d"),
        call(4, "b", "d"),
        call(5, "a", "other"),
        call(1, "a", "d", link="stock"),
    ]
    assert exact_repeats(calls) == {("payments", 2), ("payments", 3)}


@pytest.mark.parametrize("step", [None, "a"])
def test_what_cannot_be_compared_is_no_repeat_and_counted(step: str | None) -> None:
    calls = [msgspec.structs.replace(call(ordinal, step), digest="") for ordinal in (1, 2)]
    (use,) = link_uses(calls)
    assert (use.repeats, use.uncompared) == (0, 2 if step else 0)


def test_the_one_that_began_first_is_no_repeat_whatever_the_order() -> None:
    assert exact_repeats([call(2, "a", "d"), call(1, "a", "d")]) == {("payments", 2)}


def test_what_each_step_caused_is_told_route_by_route_with_its_repeats() -> None:
    calls = [
        call(1, "a", "d", path="/charges/17", ended="closed"),
        call(2, "a", "d", path="/charges/17"),
        call(3, "a", path="/charges/18"),
        call(4, "b", path="/methods", method="GET", by="time"),
        call(5, None, path="/methods", method="GET"),
    ]
    assert caused(calls) == (
        Caused(link="payments", route="POST /charges/{id}", times=3, step="a", by="traceparent", repeats=1, broken=1),
        Caused(link="payments", route="GET /methods", times=1, step="b", by="time"),
        Caused(link="payments", route="GET /methods", times=1),
    )


def test_a_step_told_in_two_ways_is_told_by_the_weaker_one() -> None:
    (told,) = caused([call(1, "a"), call(2, "a", by="time")])
    assert told.by == "time"


def test_every_route_that_is_kept_is_redacted() -> None:
    (told,) = clean(caused([call(1, "a", path="/users/ada")]), lambda text: text.replace("ada", "***"))
    assert told.route == "POST /users/***"
