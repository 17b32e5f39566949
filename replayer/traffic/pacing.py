"""Time drawn out or pushed together: '--speed', and '--rate', which keeps bursts bursts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from replayer.plan import Message, Step
from replayer.traffic.account import Account

BLOCK_STEPS = 4096  # whose mean is brought to the rate: what is burstier than that stays so


def at_speed(steps: Iterable[Step], speed: float) -> Iterator[Step]:
    """Each step due `speed` times as early, and a WebSocket's messages with it."""
    return iter(steps) if speed == 1 else (_timed(step, step.due_s / speed, 1 / speed) for step in steps)


def at_rate(steps: Iterable[Step], rate_per_s: float, block_steps: int = BLOCK_STEPS) -> Iterator[Step]:
    """The steps at a mean of `rate_per_s`, in the same order and in the same pattern within every `block_steps` steps.

    Of a stream of no more steps than that, time is only drawn out: due' = due * (n - 1) / (rate * last due). Of a
    longer one each block is, so that the mean is kept all along; what swings slower than a block (the time of day) is
    flattened.
    """
    begins_s = 0.0  # of the block, on the new clock
    block: list[Step] = []
    for step in steps:
        if len(block) == block_steps:
            ends_s = begins_s + block_steps / rate_per_s
            yield from _drawn(block, begins_s, ends_s, step.due_s)
            begins_s, block = ends_s, []
        block.append(step)
    if block:
        yield from _drawn(block, begins_s, begins_s + (len(block) - 1) / rate_per_s, block[-1].due_s)


def in_due_order(steps: Iterable[Step], account: Account) -> Iterator[Step]:
    """The steps, none due before the one before it; those that were are counted."""
    due_s = 0.0
    for step in steps:
        if step.due_s < due_s:
            account.late += 1
            step = replace(step, due_s=due_s)
        due_s = step.due_s
        yield step


def _drawn(block: list[Step], begins_s: float, ends_s: float, until_s: float) -> Iterator[Step]:
    """The block, whose first step and `until_s` come to lie where it begins and ends."""
    first_s = block[0].due_s
    length_s = until_s - first_s
    factor = (ends_s - begins_s) / length_s if length_s > 0 else 0.0
    for step in block:
        yield _timed(step, begins_s + (step.due_s - first_s) * factor, factor)


def _timed(step: Step, due_s: float, factor: float) -> Step:
    if not step.messages:
        return replace(step, due_s=round(due_s, 6))
    messages = tuple(_shifted(message, factor) for message in step.messages)
    return replace(step, due_s=round(due_s, 6), messages=messages, lasts_s=round(step.lasts_s * factor, 6))


def _shifted(message: Message, factor: float) -> Message:
    return replace(message, at_s=round(message.at_s * factor, 6))
