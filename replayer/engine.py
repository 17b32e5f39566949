"""The engine: runs the steps of a plan against a target on one absolute clock, and says what each met.

Open loop: every step is sent at max(due, ready), whoever else is slow; times are points on one clock, never chained
sleeps, so that nothing adds up. Ready means that the steps it follows have ended, that what it is bound to was said,
that its faults are switched, and that its barrier opened. One step is read ahead of the clock, so that a plan of any
length can be streamed through.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence

from faults.call import Calls
from foreshock.clock import Anchor
from replayer.answers import Answers
from replayer.barrier import Barrier
from replayer.connections import Connections
from replayer.course import Courses, Ready
from replayer.hooks import Filler, Hooks
from replayer.metering import FidelityMeter
from replayer.order import Order
from replayer.outcome import History, Outcome
from replayer.plan import Header, Step
from replayer.redelivering import redelivering
from replayer.retrying import Retrying
from replayer.runclock import RunClock
from replayer.sending import Sender
from replayer.target import Target
from replayer.wire.tls import contexts

MOST_UNDER_WAY = 20_000  # steps that are due and have not ended; no more are read meanwhile, and those are held
_AT_ONCE = 16  # steps that are started in one turn of the loop, where they are due already


async def replay(
    header: Header,
    steps: Iterable[Step] | AsyncIterable[Step],
    target: str | Target,
    *,
    anchor: Anchor | None = None,
    conductor: Hooks | None = None,
    filler: Filler | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
    stop: asyncio.Event | None = None,
    keep: bool = True,
    keep_requests: bool = False,
) -> History:
    """The history of running `steps`, given in due order, against the server at `target`, a URL if a text.

    `anchor` is the plan's start: now if None, or an instant that the conductor's clock counts from too. `on_outcome` is
    told each outcome as it ends; without `keep` the history has none of them, and memory does not grow with the plan;
    with `keep_requests` each has its request as it was sent.
    When `stop` is set the faults are healed and nothing more is sent; what is on its way ends by itself. The conductor
    heals on every way out. Raises UsageError for a target that is none, and whatever the conductor raises.
    """
    place = Target.parse(target) if isinstance(target, str) else target
    if place.tls:
        contexts(place.tls)  # read before the clock begins, which it would make late
    began_s = time.monotonic()
    try:
        if conductor:
            await conductor.start()
        switching_s = time.monotonic() - began_s if conductor else 0.0
        clock = RunClock(anchor or Anchor.now())
        filling = filler or _answers(header, steps)
        if isinstance(steps, Sequence):  # of a stream nobody can say what will be wanted once more
            filling = redelivering(filling, steps)
        run = _Replay(header, place, clock, conductor, filling, on_outcome, keep, keep_requests)
        await run.run(steps, stop, Ready(switching_s, "faults"))
    finally:
        if conductor:
            await conductor.heal()
    calls = await conductor.calls() if conductor else Calls()
    return History(
        anchor=clock.anchor,
        outcomes=tuple(run.outcomes),
        fidelity=run.meter.told(),
        fault_events=tuple(conductor.events) if conductor else (),
        receipts=await conductor.receipts() if conductor else (),
        calls=calls.seen,
        calls_forgotten=calls.forgotten,
        ended_s=run.ended_s,
    )


def _answers(header: Header, steps: Iterable[Step] | AsyncIterable[Step]) -> Answers:
    """Of steps that are all there it is known which answers are wanted."""
    wanted = {binding.from_ for step in steps for binding in step.bindings} if isinstance(steps, Sequence) else None
    return Answers(header.budget.horizon_steps, wanted)


class _Replay:
    """One run of the engine. Outcomes are in the order they ended."""

    def __init__(
        self,
        header: Header,
        target: Target,
        clock: RunClock,
        hooks: Hooks | None,
        filler: Filler,
        on_outcome: Callable[[Outcome], None] | None,
        keep: bool,
        keep_requests: bool,
    ) -> None:
        budget = header.budget
        self.outcomes: list[Outcome] = []
        self.ended_s = 0.0
        self.meter = FidelityMeter()
        self._clock = clock
        self._hooks = hooks
        self._on_outcome = on_outcome
        self._keep = keep
        self._connections = Connections(target, clock, budget.step_timeout_s)
        self._sender = Sender(self._connections, clock, budget)
        self._order = Order(budget.horizon_steps)
        self._courses = Courses(
            target,
            clock,
            self._order,
            filler,
            self._sender,
            Retrying(header.retry, header.seed),
            self.meter,
            self._end,
            hooks=hooks,
            most_in_flight=budget.max_in_flight,
            keep_requests=keep_requests,
        )
        self._barrier_limit_s = budget.step_timeout_s
        self._barriers: dict[str, Barrier] = {}
        self._barriers_due_s = 0.0

    async def run(self, steps: Iterable[Step] | AsyncIterable[Step], stop: asyncio.Event | None, begin: Ready) -> None:
        """Returns when every step that was read has ended. None goes before `begin`."""
        watching = asyncio.create_task(self._stop_when(stop)) if stop else None
        try:
            async with asyncio.TaskGroup() as group:
                await self._pace(_each(steps), group, begin)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # the first one; it ended the others
        finally:
            if watching:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)  # what it can't heal, the last healing tells
            self._sender.close()
            self._clock.close()
            await self._connections.close()

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._clock.stop()
        self._connections.hang_up()
        if self._hooks:
            await self._hooks.heal(under_way=True)

    async def _pace(self, steps: AsyncIterator[Step], group: asyncio.TaskGroup, begin: Ready) -> None:
        """Starts each step when it is due, on its own. `begin` moves on where there is no room for more."""
        started = 1
        async for step in steps:
            if step.due_s > self._barriers_due_s:
                self._complete_barriers()
            if step.due_s > self._clock():
                await self._clock.until(step.due_s)
            elif not started % _AT_ONCE:
                await asyncio.sleep(0)  # a long backlog must not keep the others from their turn
            if self._order.under_way >= MOST_UNDER_WAY and step.barrier is None:
                await self._order.fewer_than(MOST_UNDER_WAY)
                begin = Ready(self._clock(), "backlog")
            self._order.begin(step.id)
            ready = Ready(step.due_s).not_before(begin)
            group.create_task(self._courses.run(step, ready, self._join(step)))
            started += 1
            if self._clock.stopped:
                break
        self._complete_barriers()

    def _join(self, step: Step) -> Barrier | None:
        if step.barrier is None:
            return None
        self._barriers_due_s = step.due_s
        barrier = self._barriers.setdefault(step.barrier, Barrier(self._barrier_limit_s))
        barrier.join(step.id)
        return barrier

    def _complete_barriers(self) -> None:
        """The steps of a barrier share a due time: when a later one is read, all have joined."""
        for barrier in self._barriers.values():
            barrier.complete()
        self._barriers.clear()

    def _end(self, outcome: Outcome) -> None:
        self.ended_s = max(self.ended_s, outcome.ended_s or 0.0)
        if self._keep:
            self.outcomes.append(outcome)
        if self._on_outcome:
            self._on_outcome(outcome)


async def _each(steps: Iterable[Step] | AsyncIterable[Step]) -> AsyncIterator[Step]:
    if isinstance(steps, AsyncIterable):
        async for step in steps:
            yield step
    else:
        for step in steps:
            yield step
