"""The engine: runs the steps of a plan against a target on one absolute clock, and says what each met.

Open loop: every step is sent at max(due, ready), whoever else is slow; times are points on one clock, never chained
sleeps, so that nothing adds up. Ready means that the steps it follows have ended, that what it is bound to was said,
that its faults are switched, and that its barrier opened. Steps are read a little ahead of the clock only, so that a
plan of any length can be streamed through.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from faults.call import Calls
from faults.effects import Met
from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from replayer.answers import Answers, Unbound
from replayer.barrier import Barrier
from replayer.connections import Connections
from replayer.outcome import Attempt, History, Outcome, fate_of
from replayer.plan import Header, Step
from replayer.runclock import RunClock
from replayer.sending import Sender
from replayer.sequence import followed
from replayer.target import Target
from replayer.wire.http1text import Unsendable
from replayer.wire.payload import Payload, carrying, payload

_AHEAD_S = 0.5  # how far before its due time a step is read


class Hooks(Protocol):
    """Who switches the faults (`faults.conductor`): told of the start, before and after each step, and of the end.

    `headers` are for an attempt to carry; `lane` is where it goes ('host:port'), None being the target as it is.
    """

    @property
    def events(self) -> Sequence[FaultEvent]: ...
    async def start(self) -> None: ...
    async def before_step(self, step: str, /) -> None: ...
    def headers(self, step: str, attempt: int, /) -> tuple[tuple[str, str], ...]: ...
    async def lane(self, step: str, attempt: int, due_s: float, /) -> str | None: ...
    async def after_step(self, step: str, attempt: int, met: Met, /) -> None: ...
    async def heal(self, *, under_way: bool = False) -> None: ...
    async def receipts(self) -> tuple[Receipt, ...]: ...
    async def calls(self) -> Calls: ...


async def replay(
    header: Header,
    steps: Iterable[Step],
    target: str,
    *,
    anchor: Anchor | None = None,
    conductor: Hooks | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
    stop: asyncio.Event | None = None,
) -> History:
    """The history of running `steps`, given in due order, against the HTTP/1.1 server at the URL `target`.

    `anchor` is the plan's start: now if None, or an instant that the conductor's clock counts from too. `on_outcome` is
    told each outcome as it ends. When `stop` is set the faults are healed and nothing more is sent; what is on its way
    ends by itself. The conductor heals on every way out. Raises UsageError for a target that is none, and whatever the
    conductor raises.
    """
    place = Target.parse(target)
    began_s = time.monotonic()
    try:
        if conductor:
            await conductor.start()
        switching_s = time.monotonic() - began_s if conductor else 0.0
        clock = RunClock(anchor or Anchor.now())
        outcomes = await _Replay(header, place, clock, conductor, on_outcome, switching_s).run(steps, stop)
    finally:
        if conductor:
            await conductor.heal()
    calls = await conductor.calls() if conductor else Calls()
    return History(
        anchor=clock.anchor,
        outcomes=outcomes,
        fault_events=tuple(conductor.events) if conductor else (),
        receipts=await conductor.receipts() if conductor else (),
        calls=calls.seen,
        calls_forgotten=calls.forgotten,
        ended_s=max((outcome.ended_s or 0.0 for outcome in outcomes), default=0.0),
    )


class _Replay:
    """One run of the engine."""

    def __init__(
        self,
        header: Header,
        target: Target,
        clock: RunClock,
        hooks: Hooks | None,
        on_outcome: Callable[[Outcome], None] | None,
        switching_s: float,
    ) -> None:
        self._budget = header.budget
        self._target = target
        self._clock = clock
        self._hooks = hooks
        self._on_outcome = on_outcome
        self._switching_s = switching_s  # what switching the first faults took: held, not late
        self._connections = Connections(target, clock, header.budget.step_timeout_s)
        self._sender = Sender(self._connections, clock, header.budget)
        self._answers = Answers(header.budget.horizon_steps, None)
        self._outcomes: list[Outcome] = []
        self._running: dict[str, asyncio.Event] = {}
        self._freed_s: dict[str, float] = {}  # when those that follow a step could go on, oldest first
        self._barriers: dict[str, Barrier] = {}
        self._barriers_due_s = 0.0

    async def run(self, steps: Iterable[Step], stop: asyncio.Event | None) -> tuple[Outcome, ...]:
        """The outcomes in the order they ended."""
        if isinstance(steps, Sequence):
            wanted = {binding.from_ for step in steps for binding in step.bindings}
            self._answers = Answers(self._budget.horizon_steps, wanted)
        watching = asyncio.create_task(self._stop_when(stop)) if stop else None
        try:
            async with asyncio.TaskGroup() as group:
                await self._pace(steps, group)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # the first one; it ended the others
        finally:
            if watching:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)  # what it can't heal, the last healing tells
            await self._connections.close()
        return tuple(self._outcomes)

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._clock.stop()
        if self._hooks:
            await self._hooks.heal(under_way=True)

    async def _pace(self, steps: Iterable[Step], group: asyncio.TaskGroup) -> None:
        """Starts each step a little before it is due, on its own."""
        for step in steps:
            if step.due_s > self._barriers_due_s:
                self._complete_barriers()
            await self._clock.until(step.due_s - _AHEAD_S)
            if self._clock.stopped:
                break
            self._running[step.id] = asyncio.Event()
            group.create_task(self._step(step, self._join(step)))
            await asyncio.sleep(0)  # a long backlog must not keep the others from their turn
        self._complete_barriers()

    def _join(self, step: Step) -> Barrier | None:
        if step.barrier is None:
            return None
        self._barriers_due_s = step.due_s
        barrier = self._barriers.setdefault(step.barrier, Barrier(self._budget.step_timeout_s))
        barrier.join(step.id)
        return barrier

    def _complete_barriers(self) -> None:
        """The steps of a barrier share a due time: when a later one is read, all have joined."""
        for barrier in self._barriers.values():
            barrier.complete()
        self._barriers.clear()

    async def _step(self, step: Step, barrier: Barrier | None) -> None:
        await self._clock.until(step.due_s)
        ready_s = await self._ready(step)
        try:
            data = self._data(step)
        except (Unbound, Unsendable) as error:
            if barrier:
                barrier.leave(step.id)
            outcome = self._not_sent(step, ready_s, str(error))
        else:
            outcome = await self._send(step, data, ready_s, barrier)
        await self._end(step, outcome)

    async def _ready(self, step: Step) -> float:
        """When the last of what the step follows freed it; its due time if it follows nothing."""
        ready_s = [self._switching_s] if step.due_s < self._switching_s else []
        for other in followed(step):
            if other in self._running:
                await self._running[other].wait()
            if other in self._freed_s:
                ready_s.append(self._freed_s[other])
        return max(ready_s, default=step.due_s)

    def _data(self, step: Step) -> Payload:
        if self._clock.stopped:
            raise Unsendable("stopped: the replay was ended before it was due or ready")
        request = self._answers.fill(step)
        if self._hooks:
            request = carrying(request, self._hooks.headers(step.id, 1))
        return payload(step, request, self._target)

    async def _send(self, step: Step, data: Payload, ready_s: float, barrier: Barrier | None) -> Outcome:
        lane = None
        if self._hooks:
            switching_s = self._clock()
            await self._hooks.before_step(step.id)
            lane = await self._hooks.lane(step.id, 1, step.due_s)
            # What switching took is imposed by the plan: it is held, not late.
            ready_s = max(ready_s, step.due_s) + self._clock() - switching_s
        attempt, answer = await self._sender.send(step, data, ready_s, barrier, lane)
        if barrier and barrier.ready_s is not None:
            ready_s = max(ready_s, barrier.ready_s)
        self._answers.keep(step.id, answer, attempt.error)
        return Outcome(
            step=step.id,
            session=step.session,
            route=step.route,
            due_s=step.due_s,
            ready_s=ready_s,
            sent_s=attempt.sent_s,
            first_byte_s=attempt.first_byte_s,
            ended_s=attempt.ended_s,
            attempts=(attempt,),
            answer=answer,
            fate=fate_of(attempt.status, attempt.error),
            recorded_status=step.recorded.status if step.recorded else None,
        )

    def _not_sent(self, step: Step, ready_s: float, why: str) -> Outcome:
        self._answers.keep(step.id, None, "not being sent")
        return Outcome(
            step=step.id,
            session=step.session,
            route=step.route,
            due_s=step.due_s,
            ready_s=ready_s,
            not_sent=why,
            recorded_status=step.recorded.status if step.recorded else None,
        )

    async def _end(self, step: Step, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        if self._on_outcome:
            self._on_outcome(outcome)
        freed_s = outcome.ended_s if outcome.ended_s is not None else self._clock()
        if self._hooks and outcome.sent_s is not None:
            await self._hooks.after_step(step.id, len(outcome.attempts), _met(outcome.attempts[-1]))
            freed_s = self._clock()
        self._freed_s[step.id] = freed_s
        if len(self._freed_s) > self._budget.horizon_steps:
            self._freed_s.pop(next(iter(self._freed_s)))
        self._running.pop(step.id).set()


def _met(attempt: Attempt) -> Met:
    return Met(
        sent_s=attempt.sent_s,
        first_byte_s=attempt.first_byte_s,
        ended_s=attempt.ended_s,
        error=attempt.error,
    )
