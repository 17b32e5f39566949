"""One attempt on the wire: a connection taken, the request written, its reply waited for within the step's time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from recorder.coding import CannotDecode, coding_of
from replayer.barrier import Barrier
from replayer.connections import Connections
from replayer.deadlines import Deadlines
from replayer.outcome import Answer, Attempt
from replayer.plan import Budget, Protocol, Step
from replayer.wire.channel import Channel
from replayer.wire.dialling import Unreachable
from replayer.wire.payload import Payload
from replayer.wire.reply import Reply


class Sent(NamedTuple):
    """`answer` is as much of a response as came; `attempt.error` says if that was not all."""

    attempt: Attempt
    answer: Answer | None


class Sender:
    """Sends on the target's connections, within the plan's budget."""

    def __init__(self, connections: Connections, clock: Callable[[], float], budget: Budget) -> None:
        self._connections = connections
        self._clock = clock
        self._step_timeout_s = budget.step_timeout_s
        self._body_bytes = budget.body_bytes
        self._deadlines: Deadlines[Channel] = Deadlines(_time_is_up)

    def close(self) -> None:
        """Waits for nothing any more."""
        self._deadlines.close()

    async def send(
        self, step: Step, payload: Payload, ready_s: float, barrier: Barrier | None, lane: str | None = None
    ) -> Sent:
        """What came of sending `payload` once. `sent_s` is the begin of that, or when the barrier opened.

        What takes a `lane` ('host:port') has a connection of its own there, which nothing else is sent on.

        Opening a connection is part of the attempt: a client that needs one waits for it too.
        """
        begun_s = self._clock()
        try:
            connection = await self._connection(step, lane)
        except Unreachable as error:
            if barrier:
                barrier.leave(step.id)
            return Sent(Attempt(sent_s=begun_s, ended_s=self._clock(), error=str(error), went_out=False), None)
        coming = connection.begin(step.request.method, self._body_bytes)
        if barrier:
            begun_s = await self._together(step, payload, ready_s, barrier, connection, coming)
        else:
            connection.write(payload)
        slot = self._deadlines.begin(connection, begun_s + step.lasts_s + self._step_timeout_s - self._clock())
        leaving = _leaving(step, connection)
        try:
            reply = await coming
        finally:
            self._deadlines.end(connection, slot)
            if leaving:
                leaving.cancel()
        if lane is None:
            self._connections.give_back(step, connection)
        else:
            connection.abort()
        return Sent(_attempt(begun_s, reply, connection.protocol), _answer(reply, self._body_bytes))

    async def _connection(self, step: Step, lane: str | None) -> Channel:
        return await (self._connections.take(step) if lane is None else self._connections.open(step, lane))

    async def _together(
        self,
        step: Step,
        payload: Payload,
        ready_s: float,
        barrier: Barrier,
        connection: Channel,
        coming: asyncio.Future[Reply],
    ) -> float:
        """When the last byte was sent, which is when the barrier opened; at once if the connection ended before."""
        flushed_s = self._clock()

        def flush() -> None:
            nonlocal flushed_s
            flushed_s = self._clock()
            connection.release()

        connection.hold(payload)
        coming.add_done_callback(lambda _: barrier.leave(step.id))
        barrier.arrive(step.id, ready_s, flush)
        await asyncio.wait((barrier.opened, coming), return_when=asyncio.FIRST_COMPLETED)
        return flushed_s


def _leaving(step: Step, connection: Channel) -> asyncio.TimerHandle | None:
    """The client's own patience with a step, which few have. Finer than the wheel of `Deadlines`: it is short."""
    if step.gives_up_s is None:
        return None
    return asyncio.get_running_loop().call_later(step.gives_up_s, connection.fail, "gave up")


def _time_is_up(connection: Channel) -> None:
    connection.fail("timeout")


def _attempt(sent_s: float, reply: Reply, protocol: Protocol) -> Attempt:
    return Attempt(
        sent_s=sent_s,
        ended_s=reply.ended_s,
        first_byte_s=reply.first_byte_s,
        status=reply.status,
        error=reply.error,
        protocol=protocol,
    )


def _answer(reply: Reply, keep_bytes: int) -> Answer | None:
    if reply.status is None:
        return None
    body, body_bytes = reply.body, reply.body_bytes
    if reply.error is None and body_bytes == len(body):
        body = decoded(reply.headers, body)
        body_bytes = len(body)
    return Answer(
        status=reply.status,
        headers=reply.headers,
        body=body[:keep_bytes],
        body_bytes=body_bytes,
        trailers=reply.trailers,
        messages=reply.messages,
        messages_left_out=reply.messages_left_out,
        close_code=reply.close_code,
    )


def decoded(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """`body` without its Content-Encoding; as it is where it does not keep to it."""
    codings = [value for name, value in headers if len(name) == 16 and name.lower() == "content-encoding"]
    try:
        return coding_of(",".join(codings)).decode(body) if codings else body
    except CannotDecode:
        return body
