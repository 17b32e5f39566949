"""The course of one step: what it waits for, its attempts, its outcome. The same for every step of a replay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from faults.effects import Met
from replayer.answers import Unbound
from replayer.barrier import Barrier
from replayer.hooks import Filler, Hooks
from replayer.metering import FidelityMeter
from replayer.order import Order
from replayer.outcome import Answer, Attempt, Held, Outcome, fate_of
from replayer.plan import Request, Step
from replayer.retrying import Again, Retrying, Tried, went_well
from replayer.runclock import RunClock
from replayer.sending import Sender, Sent
from replayer.target import Target
from replayer.wire.http1text import Unsendable
from replayer.wire.payload import Payload, carrying, payload

_NOTICED_S = 0.001  # asking who switches the faults takes a while even where nothing is to be switched


class Ready(NamedTuple):
    """When a step could go, and what it was last held by; None where nothing kept it beyond its due time."""

    at_s: float
    held: Held | None = None

    def later(self, at_s: float, held: Held) -> Ready:
        """The same, but for what held it until `at_s`."""
        return Ready(at_s, held) if at_s > self.at_s else self

    def not_before(self, other: Ready) -> Ready:
        """The later of the two."""
        return other if other.at_s > self.at_s else self

    def switched(self, took_s: float) -> Ready:
        """The same, but for faults that were switched for the step: the plan imposes that, we are not late by it."""
        return Ready(self.at_s + took_s, "faults" if took_s > _NOTICED_S else self.held)


class First(NamedTuple):
    """What came of the first attempt, and the request that it made of the step's template."""

    request: Request
    ready: Ready
    sent: Sent


class Courses:
    """Takes steps from when they are due to when they have ended. `on_outcome` is told what each has met."""

    def __init__(
        self,
        target: Target,
        clock: RunClock,
        order: Order,
        filler: Filler,
        sender: Sender,
        retrying: Retrying,
        meter: FidelityMeter,
        on_outcome: Callable[[Outcome], None],
        *,
        hooks: Hooks | None,
        most_in_flight: int | None,
        keep_requests: bool = False,
    ) -> None:
        self._target = target
        self._clock = clock
        self._order = order
        self._filler = filler
        self._sender = sender
        self._retrying = retrying
        self._meter = meter
        self._on_outcome = on_outcome
        self._hooks = hooks
        self._keep_requests = keep_requests
        self._slots = asyncio.Semaphore(most_in_flight) if most_in_flight else None

    async def run(self, step: Step, ready: Ready, barrier: Barrier | None) -> None:
        """Returns when the step has ended, in whatever way; `order` has it as ended then."""
        freed_s = await self._order.freed(step)
        if freed_s is not None:
            ready = ready.later(freed_s, "order")
        if self._slots is None or barrier:  # who waits for others while they wait for him must not take turns
            first = await self._first(step, ready, barrier)
        else:
            waiting = self._slots.locked()
            async with self._slots:
                first = await self._first(step, ready.later(self._clock(), "in flight") if waiting else ready, None)
        if first is not None:
            await self._go_on(step, *first)

    async def _first(self, step: Step, ready: Ready, barrier: Barrier | None) -> First | None:
        """None where the step could not be sent, which has been told then."""
        try:
            request, data = self._filled(step)
        except (Unbound, Unsendable) as error:
            if barrier:
                barrier.leave(step.id)
            self._not_sent(step, ready, str(error))
            return None
        lane = None
        if self._hooks:
            switching_s = self._clock()
            await self._hooks.before_step(step.id)
            lane = await self._hooks.lane(step.id, 1, step.due_s)
            ready = ready.switched(self._clock() - switching_s)
        self._meter.sent(step.session, step.due_s)
        sent = await self._sender.send(step, data, ready.at_s, barrier, lane)
        if barrier and barrier.ready_s is not None:
            ready = ready.later(barrier.ready_s, "barrier")
        self._retrying.sent += 1
        return First(request, ready, sent)

    def _filled(self, step: Step) -> tuple[Request, Payload]:
        if self._clock.stopped:
            raise Unsendable("stopped: the replay was ended before it was due or ready")
        request = self._filler.fill(step)
        return request, self._payload(step, request, 1)

    def _payload(self, step: Step, request: Request, attempt: int) -> Payload:
        if self._hooks:
            request = carrying(request, self._hooks.headers(step.id, attempt))
        return payload(step, request, self._target)

    # Attempts after the first

    async def _go_on(self, step: Step, request: Request, ready: Ready, sent: Sent) -> None:
        """From the end of the first attempt to that of the step."""
        if went_well(sent.attempt):
            await self._ended(step, request, ready, (sent.attempt,), sent.answer)
            return
        attempts = [sent.attempt]
        while (again := self._again(step, attempts, sent)) and (
            more := await self._retry(step, request, attempts, again)
        ):
            sent = more
            attempts.append(replace(sent.attempt, why=again.why))
        await self._ended(step, request, ready, tuple(attempts), sent.answer)

    def _again(self, step: Step, attempts: list[Attempt], sent: Sent) -> Again | None:
        return self._retrying.again(Tried(step, attempts, sent.answer), self._clock.wall_s)

    async def _retry(self, step: Step, request: Request, attempts: list[Attempt], again: Again) -> Sent | None:
        """What came of one more attempt after its pause; None where the replay was stopped meanwhile."""
        number = len(attempts) + 1
        if self._hooks:
            await self._hooks.after_attempt(step.id, number - 1, _met(attempts[-1]))
        await self._clock.until(attempts[-1].ended_s + again.pause_s)
        if self._slots is None:
            return await self._once_more(step, request, number)
        async with self._slots:
            return await self._once_more(step, request, number)

    async def _once_more(self, step: Step, request: Request, number: int) -> Sent | None:
        if self._clock.stopped:
            return None
        lane = await self._hooks.lane(step.id, number, step.due_s) if self._hooks else None
        return await self._sender.send(step, self._payload(step, request, number), self._clock(), None, lane)

    # The end

    def _not_sent(self, step: Step, ready: Ready, why: str) -> None:
        self._filler.keep(step, None, "not being sent")
        self._tell(
            step,
            Outcome(
                step=step.id,
                session=step.session,
                route=step.route,
                due_s=step.due_s,
                ready_s=ready.at_s,
                not_sent=why,
                recorded_status=step.recorded.status if step.recorded else None,
                held=ready.held,
            ),
        )
        self._order.end(step.id, self._clock())

    async def _ended(
        self, step: Step, request: Request, ready: Ready, attempts: tuple[Attempt, ...], answer: Answer | None
    ) -> None:
        last = attempts[-1]
        self._filler.keep(step, answer, last.error)
        self._tell(
            step,
            Outcome(
                step=step.id,
                session=step.session,
                route=step.route,
                due_s=step.due_s,
                ready_s=ready.at_s,
                sent_s=attempts[0].sent_s,
                first_byte_s=last.first_byte_s,
                ended_s=last.ended_s,
                attempts=attempts,
                answer=answer,
                fate=fate_of(last.status, last.error),
                recorded_status=step.recorded.status if step.recorded else None,
                held=ready.held,
                request=request if self._keep_requests else None,
            ),
        )
        freed_s = last.ended_s
        if self._hooks:
            await self._hooks.after_step(step.id, len(attempts), _met(last))
            freed_s = self._clock()
        self._order.end(step.id, freed_s)

    def _tell(self, step: Step, outcome: Outcome) -> None:
        self._meter.ended(outcome)
        self._on_outcome(outcome)


def _met(attempt: Attempt) -> Met:
    return Met(
        sent_s=attempt.sent_s,
        first_byte_s=attempt.first_byte_s,
        ended_s=attempt.ended_s,
        error=attempt.error,
    )
