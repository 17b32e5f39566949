"""What is opened of a plan's file, and what of it is said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.fault import Fault, Window
from foreshock.errors import InvalidRun, UsageError
from replayer.plan import Budget, Header, Plan, Request, Retry, Step
from replayer.planfile import write_plan
from replayer.traffic.account import Account
from replayer.traffic.selection import Selection
from replayer.traffic.slicing import Between
from scenarios.replay.opening import opened
from scenarios.replay.order import ReplayOrder


def step(number: int, due_s: float, session: str = "a", after: tuple[str, ...] = ()) -> Step:
    request = Request(method="GET", target=f"/{number}")
    return Step(id=f"s{number}", due_s=due_s, session=session, route=f"GET /{number}", request=request, after=after)


STEPS = (step(1, 0.0), step(2, 1.0, "b"), step(3, 2.0, after=("s1",)), step(4, 3.0, after=("s3",)))


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., ReplayOrder]:
    def order(header: Header = Header(name="shop"), steps: tuple[Step, ...] = STEPS, **said: object) -> ReplayOrder:  # noqa: B008 (frozen)
        write_plan(Plan(header, steps), tmp_path / "shop.yaml")
        return ReplayOrder(source=tmp_path / "shop.yaml", target="http://127.0.0.1:1", **said)  # type: ignore[arg-type]

    return order


def test_a_plan_keeps_its_own_retries_and_budget_unless_others_are_asked_for(
    planned: Callable[..., ReplayOrder],
) -> None:
    header = Header(name="shop", retry=Retry(backoff="fixed"), budget=Budget(step_timeout_s=3.0))
    kept = opened(planned(header), Account()).header
    assert (kept.retry, kept.budget) == (header.retry, header.budget)
    asked = opened(planned(header, retry=Retry(), budget=Budget(max_in_flight=2)), Account()).header
    assert (asked.retry.backoff, asked.budget) == ("none", Budget(step_timeout_s=3.0, max_in_flight=2))


def test_what_is_left_out_of_a_plan_is_bridged_and_counted(planned: Callable[..., ReplayOrder]) -> None:
    account = Account()
    selection = Selection(sessions=("a",), between=Between.parse("0", "4"), but=("GET /3",))
    steps = list(opened(planned(selection=selection), account).steps)
    assert [(each.id, each.after) for each in steps] == [("s1", ()), ("s4", ("s1",))]
    assert dict(account.left_out) == {"they are of other sessions": 1, "their routes are not selected": 1}


def test_a_stretch_of_a_plan_begins_at_once(planned: Callable[..., ReplayOrder]) -> None:
    steps = opened(planned(selection=Selection(between=Between.parse("2", "-"))), Account()).steps
    assert [(each.id, each.due_s, each.after) for each in steps] == [("s3", 0.0, ()), ("s4", 1.0, ("s3",))]


def test_faults_of_a_plan_are_left_out_and_told(planned: Callable[..., ReplayOrder]) -> None:
    account = Account()
    fault = Fault(id="f1", link="payments", kind="slow", args={"latency_ms": 300}, window=Window(from_="10%"))
    assert opened(planned(Header(name="shop", links=("payments",), faults=(fault,))), account).header.faults == ()
    assert "the plan has 1 faults, which a replay has no links for" in next(account.sentences())


def test_a_plan_without_steps_or_of_which_nothing_is_selected_says_so(planned: Callable[..., ReplayOrder]) -> None:
    with pytest.raises(InvalidRun, match="holds no steps, so there is nothing to replay"):
        opened(planned(steps=()), Account())
    with pytest.raises(UsageError, match="nothing of it is selected"):
        opened(planned(selection=Selection(only=("PUT *",))), Account())
    with pytest.raises(UsageError, match="a plan's file knows no time of day"):
        opened(planned(selection=Selection(between=Between.parse("2026-11-23T10:00:00Z", "-"))), Account())
