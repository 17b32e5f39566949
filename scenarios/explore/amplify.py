"""A plan made to fail more often, for a race that shows seldom: more at once, and slower links, which widen the race.

The smallest plan told stays the simple one. The amplified one is what candidates are tried as while a plan is made
small (a race that shows in one of twenty runs takes eighty to refuse a candidate, one that shows in nine of ten takes
two), and what the evidence is had from. What amplifies is kept only where its control holds: whoever sends the same
request ten times may break what was never accused.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from faults.fault import Fault, Window
from foreshock.errors import UsageError
from replayer.changes import burst_as, fresh_copy, repeat_as
from replayer.plan import Burst, Plan
from scenarios.explore.cuts import sent_together, with_faults, without_edit
from scenarios.explore.evidence import control_of
from scenarios.explore.odds import Tried
from scenarios.explore.trials import Trials

_WIDTHS = (6, 10)
_SLOWER_MS = 50
_TRIES = 6  # of each way to amplify
_CONTROLS = 3
_RISES = 0.25  # by so much the odds have to rise to be worth it


class Amplifier(msgspec.Struct, frozen=True, kw_only=True):
    """`width`: as many steps at each barrier; `slow`: links that answer `_SLOWER_MS` later all the time."""

    width: int = 0
    slow: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """'6 at once', 'payments 50 ms slower', '6 at once and payments 50 ms slower'."""
        wide = [f"{self.width} at once"] if self.width else []
        return " and ".join([*wide, *(f"{link} {_SLOWER_MS} ms slower" for link in self.slow)])

    def of(self, plan: Plan) -> Plan:
        """The plan amplified; as it is where it has nothing to amplify."""
        return self._slowed(_widened(plan, self.width))

    def control(self, plan: Plan, recorded: Plan) -> Plan:
        """The amplified plan minus what is accused: slower links are not, they were put there to widen what is."""
        return self._slowed(control_of(_widened(plan, self.width), recorded))

    def _slowed(self, plan: Plan) -> Plan:
        slow = [
            Fault(id=f"amplify-{link}", link=link, kind="slow", args={"latency_ms": _SLOWER_MS}, window=Window())
            for link in self.slow
        ]
        return with_faults(plan, (*plan.header.faults, *slow))


def amplifiers(plan: Plan, links: Sequence[str]) -> list[Amplifier]:
    """What may raise the odds of the plan, the simplest first. More at once only where something is sent at once."""
    widths = [width for width in _WIDTHS if _widened(plan, width) is not plan]
    slow = tuple(links)
    return [
        *(Amplifier(width=width) for width in widths),
        *([Amplifier(slow=slow)] if slow else []),
        *(Amplifier(width=width, slow=slow) for width in widths[:1] if slow),
    ]


async def amplify(plan: Plan, recorded: Plan, trials: Trials, tried: Tried, links: Sequence[str]) -> Amplifier | None:
    """What raises the odds of `plan`, which failed as `tried` says, the most, and by a quarter at least; else None."""
    measured: list[tuple[Tried, Amplifier]] = []
    for amplifier in amplifiers(plan, links):
        now = await trials.measure(amplifier.of(plan), _TRIES)
        if now.rate >= tried.rate + _RISES:
            measured.append((now, amplifier))
        if now.of == _TRIES == now.fails:
            break  # nothing can raise them more
    for now, amplifier in sorted(measured, key=lambda each: -each[0].rate):
        again = await trials.measure(amplifier.of(plan), _TRIES)  # the best of several may only have been lucky
        controls = await trials.measure(amplifier.control(plan, recorded), _CONTROLS)
        if (now + again).rate >= tried.rate + _RISES and not controls.fails:
            return amplifier
    return None


def _widened(plan: Plan, width: int) -> Plan:
    """`width` steps at least at each barrier, by copies of those that are; the plan itself where none is widened."""
    for edit in [edit for edit in plan.header.edits if isinstance(edit, Burst)]:
        members = [step.id for step in sent_together(edit, plan)]
        if 1 < len(members) < width:
            plan = _with_copies(plan, edit, members, width)
    return plan


def _with_copies(plan: Plan, edit: Burst, members: Sequence[str], width: int) -> Plan:
    try:
        wider = without_edit(plan, edit)
        copies: list[str] = []
        for nth in range(width - len(members)):
            of = members[nth % len(members)]
            copies.append(fresh_copy(wider, of))
            wider = repeat_as(wider, of, copies[-1])
        return burst_as(wider, [*members, *copies], edit.barrier)
    except UsageError:  # another edit rests on the burst
        return plan
