from collections.abc import Callable

import pytest

from faults.fault import At, Fault, Nth, Window
from foreshock.errors import UsageError
from replayer.placing import placed
from replayer.plan import Header, Plan, Step

Make = Callable[..., Step]


def planned(step: Make, *faults: Fault) -> Plan:
    return Plan(Header(name="p", faults=faults), (step("s1"), step("s2", method="GET"), step("s3")))


def fault(link: str = "edge", **place: object) -> Fault:
    return Fault(id="f1", link=link, kind="slow", args={"latency_ms": 1}, **place)  # type: ignore[arg-type]


def test_the_nth_request_of_a_route_on_the_edge_is_the_step_that_it_is(step: Make) -> None:
    plan = planned(step, fault(nth=Nth(n=2, route="POST /orders")), fault(window=Window()), fault(at=At(after="s1")))
    assert placed(plan, "edge") == (fault(at=At(while_="s3")), fault(window=Window()), fault(at=At(after="s1")))


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
        (fault(nth=Nth(n=1, route="POST /orders", attempt=2)), r"nth\.attempt=2: every step is sent once; expected 1"),
        (
            fault("payments", nth=Nth(n=1, route="POST /charges", attempt=2)),
            r"faults\[0\]\.nth\.attempt=2: on link payments a retry is a request more; expected 1",
        ),
    ],
)
def test_what_this_engine_cannot_place_is_refused(step: Make, each: Fault, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        placed(planned(step, each), "edge")
