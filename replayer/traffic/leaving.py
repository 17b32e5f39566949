"""Steps left out of a stream: who followed them follows what they followed, and what they would have said is not bound.

A value bound to an answer that will not be there is sent as recorded, and counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from replayer.plan import Step
from replayer.traffic.account import Account


def kept(
    steps: Iterable[Step], keep: Callable[[Step], bool], reason: str, account: Account, horizon_steps: int
) -> Iterator[Step]:
    """The steps that `keep` says, the others counted by `reason`; the last `horizon_steps` of them are remembered."""
    gone: OrderedDict[str, tuple[str, ...]] = OrderedDict()  # what each of those left out followed that was kept
    for step in steps:
        if not gone.keys().isdisjoint(step.after):
            step = replace(step, after=_bridged(step.after, gone))
        if keep(step):
            yield _unlinked(step, gone, account)
            continue
        account.left_out[reason] += 1
        gone[step.id] = step.after
        if len(gone) > horizon_steps:
            gone.popitem(last=False)


def _bridged(after: tuple[str, ...], gone: OrderedDict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for other in after for found in gone.get(other, (other,))))


def _unlinked(step: Step, gone: OrderedDict[str, tuple[str, ...]], account: Account) -> Step:
    bindings = tuple(binding for binding in step.bindings if binding.from_ not in gone)
    if len(bindings) == len(step.bindings):
        return step
    account.unlinked += len(step.bindings) - len(bindings)
    return replace(step, bindings=bindings)
