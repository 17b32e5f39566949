from collections.abc import Sequence

import pytest

from replayer.plan import Budget, Plan, Recorded, Request, Step
from scenarios.explore.material import Material
from scenarios.explore.patience import patient


def steps(latencies_s: Sequence[float | None]) -> list[Step]:
    request = Request(method="GET", target="/orders")
    return [
        Step(
            id=f"s{number}",
            due_s=0.0,
            session="a",
            route="GET /orders",
            request=request,
            recorded=Recorded(latency_s=latency_s),
        )
        for number, latency_s in enumerate(latencies_s)
    ]


@pytest.mark.parametrize(
    "latencies_s, waits_s",
    [
        ([0.01, 0.02], 2.0),  # longer than the slowest fault that a search makes
        ([0.01, 0.7], 3.5),  # five times the slowest
        ([0.01, 8.0], 10.0),  # never longer than the plan allows
        ([None], 2.0),
        ([], 2.0),
    ],
)
def test_an_answer_is_waited_for_as_long_as_what_was_recorded_suggests(
    latencies_s: Sequence[float | None], waits_s: float
) -> None:
    assert patient(Budget(body_bytes=7), steps(latencies_s)) == Budget(body_bytes=7, step_timeout_s=waits_s)


def test_every_plan_of_a_search_has_that_patience_and_the_recording_keeps_its_own(
    material: Material, recorded: Plan
) -> None:
    assert material.plan(material.walks[:2]).header.budget.step_timeout_s == 2.0
    assert material.base.header.budget == recorded.header.budget == Budget()
