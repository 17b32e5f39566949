"""A round of steps as it was, made into the stream that was selected: picked, looped, scaled, paced, in that order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from replayer.plan import Step
from replayer.traffic.account import Account
from replayer.traffic.leaving import kept
from replayer.traffic.looping import looped
from replayer.traffic.pacing import at_rate, at_speed, in_due_order
from replayer.traffic.picking import Routes, wanted
from replayer.traffic.scaling import SPREAD_S, SPREAD_SHARE, scaled
from replayer.traffic.selection import Selection

RoundOf = Callable[[], Iterator[Step]]  # gives the same steps anew, each time it is called


def arranged(
    round_of: RoundOf, selection: Selection, *, seed: int, lasts_s: float, account: Account, horizon_steps: int
) -> Iterator[Step]:
    """The stream in due order. `lasts_s` is how long a round takes, as far as it is known."""
    only, but = Routes(selection.only), Routes(selection.but)

    def picked() -> Iterator[Step]:
        if not selection.only and not selection.but:
            return round_of()
        keep = wanted(only if selection.only else None, but)
        return kept(round_of(), keep, "their routes are not selected", account, horizon_steps)

    steps = looped(picked, selection.loop) if selection.loop else picked()
    if selection.scale > 1:
        steps = scaled(in_due_order(steps, account), selection.scale, min(SPREAD_S, SPREAD_SHARE * lasts_s), seed)
    steps = at_speed(steps, selection.speed)
    if selection.rate_per_s is not None:
        steps = at_rate(in_due_order(steps, account), selection.rate_per_s)
    for step in in_due_order(steps, account):
        account.steps += 1
        yield step
    account.unmatched += (*only.unmatched, *but.unmatched)
