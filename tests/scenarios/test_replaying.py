"""The shaken replay: under the scenario's faults, within its limits, and what is doubtful about it afterwards."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from faults.fault import Receipt
from foreshock.clock import Anchor
from replayer.fidelity import Fidelity, Spread
from replayer.outcome import History, Outcome
from replayer.plan import Header, Plan, Request, Step
from scenarios.execution import Execution
from scenarios.ledger import Ledger, Order
from scenarios.loading import load_scenario
from scenarios.replaying import Replaying
from scenarios.report.terminal import Terminal
from scenarios.runfolder import RunFolder

SCENARIO = """\
version: 1
name: shop
links: {peer: {upstream: "127.0.0.1:1"}}
target: http://127.0.0.1:2
faults: [{id: peer-stalls, link: peer, kind: stall}]
stop: STOP
max_active: 3
"""
STEPS = tuple(
    Step(id=f"s{n}", due_s=n / 10, session="v", route="GET /", request=Request(method="GET", target="/"))
    for n in range(100)
)


class Failing:
    """In the place of a pool: every step fails, one each tenth of a second, until it is told to stop."""

    def __init__(self, hit: bool = True, late_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.hit = hit
        self.fidelity = Fidelity(sent=100, lateness=Spread(p50_s=0.0, p99_s=late_s, max_s=late_s))
        self.asked: dict[str, Any] = {}

    async def run(self, plan: Plan, *, on_outcome: Any, stop: asyncio.Event, **asked: Any) -> Execution:
        self.asked = asked
        outcomes = []
        for step in plan.steps:
            self.now_s = step.due_s
            not_sent = "stopped: the replay was ended" if stop.is_set() else None
            fate = None if not_sent else "unknown"
            sent_s = None if not_sent else step.due_s
            outcomes.append(
                Outcome(
                    step=step.id,
                    session="v",
                    route="GET /",
                    due_s=step.due_s,
                    sent_s=sent_s,
                    fate=fate,
                    not_sent=not_sent,
                )
            )
            on_outcome(outcomes[-1])
        return Execution(
            plan=plan,
            history=History(
                anchor=Anchor(wall_s=0.0, monotonic_s=0.0),
                outcomes=tuple(outcomes),
                fidelity=self.fidelity,
                receipts=tuple(Receipt(fault=fault.id, link="peer", hit=self.hit) for fault in plan.header.faults),
            ),
            results=(),
            instance=1,
            started_s=0.0,
            ended_s=1.0,
        )


def shaken(tmp_path: Path, stop: str, pool: Failing) -> tuple[Execution, list[str]]:
    file = tmp_path / "shop.yaml"
    file.write_text(SCENARIO.replace("STOP", stop))
    scenario = load_scenario(file, {})
    order = Order(
        scenario=scenario, recording=tmp_path, seed=1, choice="embedded", runs=tmp_path, command="foreshock run"
    )
    with RunFolder(tmp_path, clock=lambda: 0.0, redact=str) as folder:
        ledger = Ledger(order, folder, Anchor.now(), str)
        base = Plan(Header(name="shop"), STEPS)
        terminal = Terminal.on(io.StringIO())
        replaying = Replaying(scenario, base, ledger, folder, terminal, lambda: pool.now_s)
        execution = asyncio.run(replaying.shaken(pool))  # type: ignore[arg-type]  # what it needs of one
    assert execution is not None
    return execution, ledger.doubts


def test_a_met_stop_condition_ends_it_and_the_run_can_say_nothing(tmp_path: Path) -> None:
    execution, doubts = shaken(tmp_path, "{failing: 80%, for: 2s}", Failing())
    assert sum(outcome.sent_s is not None for outcome in execution.history.outcomes) == 21
    assert doubts == [
        "the shake replay was stopped and healed: 21 of the 21 answers of the last 2.0 s were not ok "
        "(0 failed, 21 unknown); the scenario stops at 80%"
    ]


def test_with_no_stop_condition_it_goes_to_its_end(tmp_path: Path) -> None:
    execution, doubts = shaken(tmp_path, "none", Failing())
    assert all(outcome.sent_s is not None for outcome in execution.history.outcomes)
    assert doubts == []


@pytest.mark.parametrize("stop", ["none", "{failing: 80%, for: 2s}"])
def test_max_active_is_the_scenarios(tmp_path: Path, stop: str) -> None:
    pool = Failing()
    shaken(tmp_path, stop, pool)
    assert pool.asked["max_active"] == 3


def test_a_fault_that_hit_nothing_is_a_doubt(tmp_path: Path) -> None:
    _, doubts = shaken(tmp_path, "none", Failing(hit=False))
    assert [doubt.partition(":")[0] for doubt in doubts] == ["fault peer-stalls hit nothing"]


def test_a_replay_that_did_not_keep_the_plans_clock_is_a_doubt(tmp_path: Path) -> None:
    _, doubts = shaken(tmp_path, "none", Failing(late_s=0.4))
    assert [doubt.partition(":")[0] for doubt in doubts] == ["the shake replay did not keep the plan's clock"]
