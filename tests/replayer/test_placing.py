from collections.abc import Callable

import pytest
from msgspec.structs import replace

from faults.fault import At, Fault, Nth, Window
from foreshock.errors import UsageError
from replayer.placing import placed
from replayer.plan import Header, Plan, Retry, Step

Make = Callable[..., Step]


def planned(step: Make, *faults: Fault) -> Plan:
    return Plan(Header(name="p", faults=faults), (step("s1"), step("s2", method="GET"), step("s3")))


def fault(link: str = "edge", **place: object) -> Fault:
    return Fault(id="f1", link=link, kind="slow", args={"latency_ms": 1}, **place)  # type: ignore[arg-type]


def test_the_nth_request_of_a_route_on_the_edge_is_the_step_that_it_is(step: Make) -> None:
    plan = planned(step, fault(nth=Nth(n=2, route="POST /orders")), fault(window=Window()), fault(at=At(after="s1")))
    assert placed(plan, "edge") == (
        fault(at=At(while_="s3", attempt=1)),
        fault(window=Window()),
        fault(at=At(after="s1")),
    )


@pytest.mark.parametrize(
    "each", [fault("payments", nth=Nth(n=3, route="POST /charges")), fault(nth=Nth(n=1, link="edge"))]
)
def test_what_is_counted_on_a_link_stays_as_it_is(step: Make, each: Fault) -> None:
    assert placed(planned(step, each), "edge") == (each,)


def test_without_an_edge_link_every_route_is_counted_on_its_link(step: Make) -> None:
    each = fault(nth=Nth(n=9, route="POST /orders"))
    assert placed(planned(step, each), None) == (each,)


@pytest.mark.parametrize(
    ("each", "why"),
    [
        (
            fault(nth=Nth(n=3, route="POST /orders")),
            r"faults\[0\]\.nth\.n=3: the plan has 2 steps of route 'POST /orders'",
        ),
        (
            fault(nth=Nth(n=1, route="POST /orders", attempt=2)),
            r"nth\.attempt=2: on link edge a step is sent 1 times at most; expected at most 1",
        ),
        (
            fault("payments", nth=Nth(n=1, route="POST /charges", attempt=2)),
            r"faults\[0\]\.nth\.attempt=2: on link payments a retry is a request more there; expected at most 1",
        ),
    ],
)
def test_what_this_engine_cannot_place_is_refused(step: Make, each: Fault, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        placed(planned(step, each), "edge")


@pytest.mark.parametrize("retry", [Retry(backoff="fixed", attempts=2), Retry(redeliver=True)])
def test_a_later_attempt_can_be_hit_where_the_plan_makes_one(step: Make, retry: Retry) -> None:
    second = fault(nth=Nth(n=1, route="POST /orders", attempt=2))
    plan = planned(step, second)
    plan = Plan(replace(plan.header, retry=retry), plan.steps)
    assert placed(plan, "edge") == (fault(at=At(while_="s1", attempt=2)),)
