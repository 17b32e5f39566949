from collections.abc import Callable

import pytest

from faults.fault import At, Fault, Nth, Window
from foreshock.errors import UsageError
from replayer.placing import placed
from replayer.plan import Header, Plan, Step

Make = Callable[..., Step]


def planned(step: Make, *faults: Fault) -> Plan:
    return Plan(Header(name="p", faults=faults), (step("s1"), step("s2", method="GET"), step("s3")))


def fault(**place: object) -> Fault:
    return Fault(id="f1", link="payments", kind="slow", args={"latency_ms": 1}, **place)  # type: ignore[arg-type]


def test_the_nth_request_of_a_route_is_the_step_that_it_is(step: Make) -> None:
    plan = planned(step, fault(nth=Nth(n=2, route="POST /orders")), fault(window=Window()), fault(at=At(after="s1")))
    assert placed(plan) == (fault(at=At(while_="s3")), fault(window=Window()), fault(at=At(after="s1")))


@pytest.mark.parametrize(
    ("nth", "why"),
    [
        (Nth(n=3, route="POST /orders"), r"faults\[0\]\.nth\.n=3: the plan has 2 steps of route 'POST /orders'"),
        (Nth(n=1, route="POST /orders", attempt=2), r"faults\[0\]\.nth\.attempt=2: .* expected 1"),
        (Nth(n=1, link="payments"), r"faults\[0\]\.nth\.link=payments: .* cannot steer the n-th connection"),
    ],
)
def test_what_this_engine_cannot_place_is_refused(step: Make, nth: Nth, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        placed(planned(step, fault(nth=nth)))
