"""How sure we are of a finding: its plan's k of n against its control's k of n, and Fisher's exact p.

Five runs each, then five more each while the two are not told apart, at most twenty each. Looking four times at most
keeps the chance of telling apart what is the same below 4 x 0.01 (Bonferroni); in the common case, 5 of 5 against 0 of
5, one look is enough (p = 0.004).
"""

from __future__ import annotations

from math import comb

import msgspec

from replayer.edits import control
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.finding import Evidence
from scenarios.together import together

BELIEVED_BELOW = 0.01
LOOK_RUNS = 5
MOST_RUNS = 20


class Tried(msgspec.Struct, frozen=True):
    """`fails` of `of` runs violated the check."""

    fails: int = 0
    of: int = 0

    @property
    def rate(self) -> float:
        return self.fails / self.of if self.of else 0.0

    def __add__(self, other: Tried) -> Tried:
        return Tried(self.fails + other.fails, self.of + other.of)


_NONE = Tried()


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """Executions of one plan: those that violated the check, those on which it held; `unsure` counts the others."""

    failing: tuple[Execution, ...] = ()
    held: tuple[Execution, ...] = ()
    unsure: int = 0

    @property
    def tried(self) -> Tried:
        """Of those that could say: an unknown verdict speaks neither for the plan nor for its control (law 4)."""
        return Tried(len(self.failing), len(self.failing) + len(self.held))

    @property
    def executions(self) -> int:
        return self.tried.of + self.unsure

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


def told_apart(plan: Tried, against: Tried) -> bool:
    return fisher_p(plan, against) < BELIEVED_BELOW


def control_of(plan: Plan, recorded: Plan) -> Plan:
    """The plan minus what is accused; if nothing is (the plan is recorded traffic, trimmed), `recorded` itself.

    `recorded` is the whole recorded sessions that the plan was cut from.
    """
    if plan.header.faults or plan.header.edits:
        return control(plan)
    return recorded


async def try_runs(runner: Runner, plan: Plan, check: str, runs: int) -> Runs:
    """`runs` runs of the plan at once."""
    executions = await together(runner(plan) for _ in range(runs))
    failing = tuple(execution for execution in executions if execution.verdict(check) == "violated")
    held = tuple(execution for execution in executions if execution.verdict(check) == "held")
    return Runs(failing=failing, held=held, unsure=runs - len(failing) - len(held))


async def weigh(
    plan: Plan, recorded: Plan, check: str, runner: Runner, *, already: Tried = _NONE, most_runs: int = MOST_RUNS
) -> Weighed:
    """The plan against its control until they are told apart, or `most_runs` each.

    `already` are runs of exactly this plan that count (chosen before their result was known).
    """
    against = control_of(plan, recorded)
    mine, controls = Runs(), Runs()
    for looked in range(LOOK_RUNS, most_runs + 1, LOOK_RUNS):
        missing = max(0, looked - already.of - mine.executions)
        more, more_controls = await together(
            [
                try_runs(runner, plan, check, missing),
                try_runs(runner, against, check, looked - controls.executions),
            ]
        )
        mine, controls = mine + more, controls + more_controls
        if told_apart(already + mine.tried, controls.tried):
            break
    return Weighed(
        evidence=evidence(already + mine.tried, controls.tried),
        failing=mine.failing,
        held=controls.held,
        executions=mine.executions + controls.executions,
    )


def evidence(plan: Tried, against: Tried) -> Evidence:
    return Evidence(
        fails=plan.fails,
        of=plan.of,
        control_fails=against.fails,
        control_of=against.of,
        p_value=fisher_p(plan, against),
    )
