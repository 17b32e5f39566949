"""How sure we are of a finding: its plan's k of n against its control's k of n, and Fisher's exact p.

The rule, of a sequential test: five runs of each, then ten, twenty, forty, eighty, 160 and 280 (what was run counts
on), until the two are told apart. They are when Fisher's p is below the look's level: 0.005 at the first, 0.0005 at
each of the next four, 0.001 and 0.002 at the last two. Fisher's test is exact: where plan and control fail equally
often, however often that is, it goes below a level with at most the level's chance. So all looks together tell apart
what is the same with a chance of at most the levels' sum, 0.01 (Bonferroni; measured over odds of 5 to 70 %: 0.2 % at
most). In the common case, 5 of 5 against 0 of 5 (p = 0.004), one look is enough; a race that shows in one of twenty
runs, and that nothing amplifies, takes all of them, and is told apart in nine of ten cases.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import msgspec

from replayer.edits import control
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.odds import Tried, interval
from scenarios.finding import Evidence, Verdict
from scenarios.together import together

BELIEVED_BELOW = 0.01
LOOKS = (5, 10, 20, 40, 80, 160, 280)  # runs of the plan, and as many of its control
LOOK_RUNS = LOOKS[0]
MOST_RUNS = LOOKS[-1]
LEVELS = (0.005, 0.0005, 0.0005, 0.0005, 0.0005, 0.001, 0.002)  # together BELIEVED_BELOW

_SILENT_RUNS = 20
_NEVER_RUNS = 80
_NONE = Tried()


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """Executions of one plan: those that violated the check, those on which it held; `unsure` counts the others."""

    failing: tuple[Execution, ...] = ()
    held: tuple[Execution, ...] = ()
    unsure: int = 0

    @property
    def tried(self) -> Tried:
        """An unknown verdict speaks neither for the plan nor for its control (law 4)."""
        return Tried(len(self.failing), len(self.failing) + len(self.held), self.unsure)

    @property
    def executions(self) -> int:
        return self.tried.runs

    def __add__(self, more: Runs) -> Runs:
        return Runs(failing=self.failing + more.failing, held=self.held + more.held, unsure=self.unsure + more.unsure)


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence, runs of the plan that failed, and runs of the control that held.

    `failing` are of the runs made here: none where those `already` made were enough.
    """

    evidence: Evidence
    failing: tuple[Execution, ...]
    held: tuple[Execution, ...]
    executions: int


def fisher_p(plan: Tried, against: Tried) -> float:
    """The chance, from 0 to 1, of at least `plan.fails` among the plan's runs if plan and control failed equally often.

    One-sided exact test on the 2x2 table (Fisher 1922): sum over k >= fails of C(n, k) C(m, f - k) / C(n + m, f),
    where n and m are the runs of plan and control and f the failures of both. No runs give 1.
    """
    failures = plan.fails + against.fails
    ways = sum(comb(plan.of, k) * comb(against.of, failures - k) for k in range(plan.fails, min(plan.of, failures) + 1))
    return ways / comb(plan.of + against.of, failures)


def told_apart(plan: Tried, against: Tried, look: int = 0) -> bool:
    """Whether the plan fails more often than its control, beyond chance, at the `look`-th look (from 0)."""
    return fisher_p(plan, against) < LEVELS[look]


def control_of(plan: Plan, recorded: Plan) -> Plan:
    """The plan minus what is accused; if nothing is (the plan is recorded traffic, trimmed), `recorded` itself.

    `recorded` is the whole recorded sessions that the plan was cut from.
    """
    if plan.header.faults or plan.header.edits:
        return control(plan)
    return recorded


def verdict_on(execution: Execution, check: str) -> Verdict:
    """The check's. An oracle that had nothing to look at gives none: it held, if the system answered at all.

    (A burst's oracle says nothing of a control without bursts; a dead system's silence speaks for nobody.)
    """
    if execution.dead or any(result.check == check for result in execution.results):
        return execution.verdict(check)
    answered = any(outcome.fate in ("ok", "failed") for outcome in execution.history.outcomes)
    return "held" if answered else "unknown"


async def try_runs(runner: Runner, plan: Plan, check: str, runs: int) -> Runs:
    """`runs` runs of the plan at once."""
    executions = await together(runner(plan) for _ in range(runs))
    failing = tuple(execution for execution in executions if verdict_on(execution, check) == "violated")
    held = tuple(execution for execution in executions if verdict_on(execution, check) == "held")
    return Runs(failing=failing, held=held, unsure=runs - len(failing) - len(held))


async def weigh(
    plan: Plan,
    against: Plan,
    check: str,
    runner: Runner,
    *,
    already: Tried = _NONE,
    most_runs: int = MOST_RUNS,
    enough: Callable[[], bool] = lambda: False,
) -> Weighed:
    """The plan against its control, looked at as the rule above says, at most `most_runs` each.

    `already` are runs of exactly this plan that count (chosen before their result was known). Runs that could not say
    count as runs: what cannot be judged is not run for ever. No further look is taken once there was `enough`.
    """
    mine, controls, apart = Runs(), Runs(), False
    for look, runs in enumerate(runs for runs in LOOKS if runs <= most_runs):
        missing = max(0, runs - already.runs - mine.executions)
        more, more_controls = await together(
            [
                try_runs(runner, plan, check, missing),
                try_runs(runner, against, check, runs - controls.executions),
            ]
        )
        mine, controls = mine + more, controls + more_controls
        tried = already + mine.tried
        apart = told_apart(tried, controls.tried, look)
        if apart or enough() or _hopeless(tried, controls.tried):
            break
    return Weighed(
        evidence=evidence(already + mine.tried, controls.tried, told_apart=apart),
        failing=mine.failing,
        held=controls.held,
        executions=mine.executions + controls.executions,
    )


def _hopeless(plan: Tried, against: Tried) -> bool:
    """The control fails at least as often; or the plan never did in eighty runs; or in twenty one of them said nothing.

    Who stops without telling apart can only tell apart less: none of this makes a chance look like a finding.
    """
    if against.fails:
        return against.rate >= plan.rate
    silent = plan.runs >= _SILENT_RUNS and 0 in (plan.of, against.of)
    return silent or (plan.runs >= _NEVER_RUNS and not plan.fails)


def evidence(plan: Tried, against: Tried, *, told_apart: bool = False) -> Evidence:
    """With the plan's interval. That runs end once plan and control are told apart takes little of its 95 %: simulated
    for odds of 5 to 90 %, it held them in 94 of 100 cases at least."""
    low, high = interval(plan.fails, plan.of)
    return Evidence(
        fails=plan.fails,
        of=plan.of,
        control_fails=against.fails,
        control_of=against.of,
        p_value=fisher_p(plan, against),
        low=low,
        high=high,
        told_apart=told_apart,
    )
