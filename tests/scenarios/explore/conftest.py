"""A system as a pure function, the fake at the lowest seam: planted defects of every class, a recording of it, a twin
that is sound."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Collection, Iterator

import pytest

from faults.fault import Fault, Receipt
from foreshock.clock import Anchor
from recorder.shape import FieldShape, RouteShape, Shape, ValueCount
from replayer.outcome import Answer, Attempt, History, Outcome, fate_of
from replayer.places import request_leaves
from replayer.plan import Binding, Body, Header, Plan, Recorded, Request, Step
from scenarios.execution import Execution
from scenarios.explore.material import Material
from scenarios.finding import CheckResult

LINKED = "POST /checkout"  # the one route that uses the link 'payments'
CHECKS = (
    "nobody is charged twice",  # needs one fault that loses the reply of one checkout
    "a vote counts once",  # needs two votes of one session together
    "totals are not negative",  # needs a coupon and a quantity of 10 or more in one session
    "the pool recovers",  # needs a fault over three checkouts or more
    "a code is redeemed once",  # needs a redemption twice
    "the last one is sold once",  # needs two sessions' checkouts together, and luck (0.3), of the same last item
)


class Model:
    """`run` is a Runner. `defects` are the checks that can be violated; `executions` counts."""

    def __init__(
        self,
        defects: Collection[str] = CHECKS,
        luck: float = 0.3,
        luck_apart: float = 0.0,
        seed: int = 0,
        unknown: Collection[str] = (),
    ) -> None:
        self.defects = frozenset(defects)
        self.luck = luck
        self.luck_apart = luck_apart  # that two sessions meet that are not sent together
        self.unknown = unknown
        self.plans: list[Plan] = []
        self.at_once = 0
        self.most_at_once = 0
        self._random = random.Random(seed)
        self._awaited = -1
        self._came = asyncio.Event()

    async def reached(self, executions: int) -> None:
        """Returns when so many have begun."""
        self._awaited = executions
        await self._came.wait()

    @property
    def executions(self) -> int:
        return len(self.plans)

    async def run(self, plan: Plan) -> Execution:
        self.plans.append(plan)
        if self.executions == self._awaited:
            self._came.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            return self._executed(plan)
        finally:
            self.at_once -= 1

    def _executed(self, plan: Plan) -> Execution:
        violated = {check for check in self._possible(plan) if check in self.defects}
        results = tuple(self._result(check, check in violated) for check in CHECKS)
        at_s = float(len(self.plans))
        return Execution(
            plan=plan, history=_history(plan), results=results, instance=0, started_s=at_s, ended_s=at_s + 1
        )

    def _result(self, check: str, violated: bool) -> CheckResult:
        if check in self.unknown:
            return CheckResult(check=check, verdict="unknown", evaluated=0, message="the probe did not answer")
        message = "1 row, expected none" if violated else "none, as expected"
        return CheckResult(check=check, verdict="violated" if violated else "held", evaluated=1, message=message)

    def _possible(self, plan: Plan) -> Iterator[str]:
        sent = Counter((step.session, step.route) for step in plan.steps)
        under = {fault.id: hit_steps(fault, plan) for fault in plan.header.faults}
        if any(under[fault.id] and fault.kind in ("lost_reply", "reset") for fault in plan.header.faults):
            yield CHECKS[0]
        if any(len(together) > 1 for together in _barriers(plan, "POST /votes").values()):
            yield CHECKS[1]
        if any(_is_negative(session, plan) for session, route in sent if route == LINKED):
            yield CHECKS[2]
        if any(fault.kind == "stall" and len(under[fault.id]) >= 3 for fault in plan.header.faults):
            yield CHECKS[3]
        if any(count > 1 for (_, route), count in sent.items() if route == "POST /redeem"):
            yield CHECKS[4]
        luck = self._random.random()
        checkouts = [step for step in plan.steps if step.route == LINKED]
        met = any(_both_want_the_last(together, plan) for together in _barriers(plan, LINKED).values())
        if (luck < self.luck and met) or (luck < self.luck_apart and _both_want_the_last(checkouts, plan)):
            yield CHECKS[5]


def hit_steps(fault: Fault, plan: Plan) -> tuple[str, ...]:
    steps = [step.id for step in plan.steps if step.route == LINKED]
    return tuple(step for step in steps if fault.at is None or fault.at.step == step)


def _barriers(plan: Plan, route: str) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in plan.steps:
        if step.barrier and step.route == route:
            found.setdefault(step.barrier, []).append(step)
    return found


def _values(session: str, plan: Plan, route: str, place: str) -> list[object]:
    return [
        leaf.value
        for step in plan.steps
        if step.session == session and step.route == route
        for leaf in request_leaves(step.request)
        if str(leaf.place) == place
    ]


def _is_negative(session: str, plan: Plan) -> bool:
    quantities = _values(session, plan, "POST /items", "json:$.qty")
    coupons = _values(session, plan, "POST /coupon", "json:$.code")
    return bool(coupons) and any(isinstance(qty, int) and qty >= 10 for qty in quantities)


def _has_item(session: str, sku: str, plan: Plan) -> bool:
    return sku in _values(session, plan, "POST /items", "json:$.sku")


def _both_want_the_last(steps: list[Step], plan: Plan) -> bool:
    return len({step.session for step in steps if _has_item(step.session, "last", plan)}) > 1


def _history(plan: Plan) -> History:
    hit = {step for fault in plan.header.faults for step in hit_steps(fault, plan) if fault.kind != "slow"}
    outcomes = tuple(_outcome(step, index * 0.01, step.id in hit) for index, step in enumerate(plan.steps))
    return History(
        anchor=Anchor(wall_s=0.0, monotonic_s=0.0),
        outcomes=outcomes,
        receipts=tuple(_receipt(fault, plan) for fault in plan.header.faults),
        ended_s=len(outcomes) * 0.01,
    )


def _outcome(step: Step, sent_s: float, is_hit: bool) -> Outcome:
    status, error = (None, "timeout") if is_hit else (200, None)
    return Outcome(
        step=step.id,
        session=step.session,
        route=step.route,
        due_s=step.due_s,
        ready_s=sent_s,
        sent_s=sent_s,
        ended_s=sent_s + 0.01,
        attempts=(Attempt(sent_s=sent_s, ended_s=sent_s + 0.01, status=status, error=error),),
        answer=Answer(status=status) if status else None,
        fate=fate_of(status, error),
    )


def _receipt(fault: Fault, plan: Plan) -> Receipt:
    under = tuple(step.id for step in plan.steps if fault.at is None or fault.at.step == step.id)
    return Receipt(fault=fault.id, link=fault.link, activations=1, hit=bool(hit_steps(fault, plan)), steps=under)


class _Customer:
    """Writes the steps of one session."""

    def __init__(self, number: int) -> None:
        self.session = f"c{number:02}"
        self.start_s = number * 2.0
        self.steps: list[Step] = []

    def send(self, route: str, **fields: object) -> _Customer:
        method, path = route.split(" ")
        step_id = f"{self.session}-{len(self.steps) + 1}"
        first = self.steps[0].id if self.steps else ""
        self.steps.append(
            Step(
                id=step_id,
                due_s=self.start_s + len(self.steps) * 0.3,
                session=self.session,
                route=route,
                request=Request(
                    method=method,
                    target=path,
                    headers=(("Content-Type", "application/json"), ("Authorization", "Bearer recorded")),
                    body=Body(text=_json(fields)) if fields else None,
                ),
                after=(self.steps[-1].id,) if self.steps else (),
                bindings=(Binding(into="header:Authorization", from_=first, at="json:$.token", wrap="Bearer {}"),)
                if first
                else (),
                recorded=Recorded(status=200, latency_s=0.02),
            )
        )
        return self


def _json(fields: dict[str, object]) -> str:
    return json.dumps(fields)


def recorded_plan(customers: int = 60) -> Plan:
    """Customers that trigger nothing: most buy one or two things; a few do something rare."""
    steps: list[Step] = []
    for number in range(customers):
        customer = _Customer(number).send("POST /login", name=f"user{number}").send("GET /items")
        last = number in (17, 41)
        customer.send("POST /items", sku="last" if last else f"sku-{number % 7}", qty=1 if last else number % 3 + 1)
        if number == 23:
            customer.send("POST /items", sku="sku-2", qty=12)
        if number % 12 == 5 and not last:
            customer.send("POST /coupon", code="TEN" if number % 24 == 5 else "FIVE")
        if number % 5 != 4:
            customer.send("GET /cart").send("POST /checkout")
        if number % 9 == 2:
            customer.send("POST /votes", topic=f"t{number % 2}")
        if number % 15 == 3:
            customer.send("POST /redeem", code=f"gift-{number}")
        customer.send("GET /orders")
        steps += customer.steps
    return Plan(Header(name="recorded", seed=7, links=("payments",)), tuple(sorted(steps, key=lambda s: s.due_s)))


def shape_of(plan: Plan) -> Shape:
    values: dict[tuple[str, str], list[object]] = {}
    for step in plan.steps:
        for leaf in request_leaves(step.request):
            if leaf.place.kind == "json":
                values.setdefault((step.route, str(leaf.place)), []).append(leaf.value)
    return Shape(
        recording="model",
        exchanges=len(plan.steps),
        sessions=len({step.session for step in plan.steps}),
        duration_s=plan.duration_s,
        routes=tuple(_route(route, plan, values) for route in sorted({step.route for step in plan.steps})),
    )


def _route(route: str, plan: Plan, values: dict[tuple[str, str], list[object]]) -> RouteShape:
    count = sum(step.route == route for step in plan.steps)
    return RouteShape(
        route=route,
        count=count,
        rate_per_s=1.0,
        statuses={200: count},
        errors=0,
        p50_s=0.02,
        p99_s=0.02,
        fields=tuple(_field(place, seen) for (of, place), seen in values.items() if of == route),
    )


def _field(place: str, seen: list[object]) -> FieldShape:
    counts = Counter(seen).most_common(40)
    return FieldShape(
        place=place,
        count=len(seen),
        distinct=len(set(seen)),
        values=tuple(ValueCount(value, count) for value, count in counts),
    )


@pytest.fixture(scope="session")
def recorded() -> Plan:
    return recorded_plan()


@pytest.fixture(scope="session")
def shape(recorded: Plan) -> Shape:
    return shape_of(recorded)


@pytest.fixture
def model() -> type[Model]:
    return Model


@pytest.fixture(scope="session")
def material(recorded: Plan, shape: Shape) -> Material:
    return Material.of(recorded, shape)


class Checks:
    """The model's checks by what they are about."""

    all = CHECKS
    charged_once, vote_once, not_negative, recovers, redeemed_once, sold_once = CHECKS


@pytest.fixture
def checks() -> type[Checks]:
    return Checks
