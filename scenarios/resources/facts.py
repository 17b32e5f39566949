"""What was always so in recorded traffic, learned in one pass over its operations: oracles hold executions against it.

Each fact has a file with its struct and its learner; here they are joined. All of it is data, for findings carry it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from recorder.exchange import Exchange
from replayer.comparing.met import met_of_exchange
from replayer.outcome import Outcome, fate_of
from replayer.plan import Step
from scenarios.resources.kinds import Kinds
from scenarios.resources.op import Op, ops_of


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field for each kind of fact; nothing learned is the default."""

    operations: int = 0  # that were learned from


class Learning:
    """Takes recorded operations in order; `facts` says what was learned."""

    def __init__(self) -> None:
        self._operations = 0

    def see(self, op: Op) -> None:
        self._operations += 1

    def facts(self) -> Facts:
        return Facts(operations=self._operations)


def learned(steps: Iterable[Step], recorded: Iterable[tuple[str, Exchange]], kinds: Kinds) -> Facts:
    """The facts of a recording: `steps` of its plan, and the exchange that each was made of."""
    learning = Learning()
    by_id = {step.id: step for step in steps}
    for step_id, exchange in recorded:
        if step_id in by_id:
            for op in ops_of([by_id[step_id]], [_outcome(by_id[step_id], exchange)], kinds):
                learning.see(op)
    return learning.facts()


def _outcome(step: Step, exchange: Exchange) -> Outcome:
    met = met_of_exchange(exchange)
    return Outcome(
        step=step.id,
        session=step.session,
        route=step.route,
        due_s=step.due_s,
        sent_s=exchange.started_s,
        first_byte_s=exchange.first_byte_s,
        ended_s=exchange.ended_s,
        answer=met.answer,
        fate=fate_of(met.answer.status if met.answer else None, met.error),
        request=step.request,
    )
