"""The steps of a replay, opened: from a recording, or from a plan's file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from itertools import chain

import msgspec

from foreshock.errors import InvalidRun, UsageError
from recorder.key import read_key
from recorder.recording import Recording
from replayer.comparing.twins import Twins
from replayer.filling.filling import Filling
from replayer.filling.logins import with_logins
from replayer.from_recording import stream_of
from replayer.plan import Budget, Header, Step
from replayer.planfile import stream_plan
from replayer.traffic.account import Account
from replayer.traffic.arranging import arranged
from replayer.traffic.leaving import kept
from replayer.traffic.scaling import SPREAD_S, SPREAD_SHARE
from replayer.traffic.selection import Selection, checked
from scenarios.replay.order import ReplayOrder


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` are read as they are taken. `total` is how many there are, where that is known; `upstream` the recorded
    systems' URLs, '' where they are not."""

    header: Header
    steps: Iterator[Step]
    filling: Filling
    total: int | None
    upstream: str
    recording: Recording | None = None

    @property
    def tears(self) -> tuple[str, ...]:
        """What the recording lacks, once it was read through; of one that was not, whether it was ended."""
        if self.recording is None:
            return ()
        if not self.recording.tears and not self.recording.manifest.closed:
            return ("the recorder was killed: what came in its last second is not in the recording",)
        return self.recording.tears


def opened(order: ReplayOrder, account: Account, twins: Twins | None = None) -> Opened:
    """`twins` are told what was answered to each step. Raises UsageError where the source does not read, or nothing of
    it is selected; InvalidRun of an empty one."""
    if not order.is_plan:
        return _recording(order, account, twins)
    if twins is not None:
        raise UsageError(f"plan={order.source}: a plan holds no answers to compare with; give masks with a recording")
    return _plan(order, account)


def _recording(order: ReplayOrder, account: Account, twins: Twins | None) -> Opened:
    key = read_key(order.encrypt_key_file) if order.encrypt_key_file else None
    recording = Recording.open(order.source, encrypt_key=key)
    header, steps = stream_of(
        recording,
        order.selection,
        name=order.name,
        seed=order.seed,
        bindings=order.bindings,
        budget=order.budget,
        retry=order.retry or Header(name="").retry,
        account=account,
        twins=twins,
    )
    counts = recording.manifest.counts
    filling = _filling(order)
    return Opened(
        header=header,
        steps=with_logins(steps, filling.login) if filling.login else steps,
        filling=filling,
        total=_total(order.selection, counts.stored if recording.manifest.closed else None),
        upstream=recording.manifest.systems,
        recording=recording,
    )


def _plan(order: ReplayOrder, account: Account) -> Opened:
    selection = checked(order.selection)
    header, first_round = stream_plan(order.source)
    if header.faults:
        account.notes.append(
            f"the plan has {len(header.faults)} faults, which a replay has no links for: they are left out; "
            "`foreshock reproduce` runs them"
        )
    steps = arranged(
        _Rounds(order, account, first_round).one,
        selection,
        seed=order.seed,
        lasts_s=SPREAD_S / SPREAD_SHARE,
        account=account,
        horizon_steps=header.budget.horizon_steps,
    )
    first = next(steps, None)
    if first is None and account.seen:
        raise UsageError(f"plan={order.source}: nothing of it is selected ({'; '.join(account.sentences())})")
    if first is None:
        raise InvalidRun(f"plan={order.source}: holds no steps, so there is nothing to replay")
    header = msgspec.structs.replace(
        header,
        faults=(),
        edits=(),
        links=(),
        retry=order.retry or header.retry,
        budget=_asked(order.budget, header.budget),
    )
    steps = chain((first,), steps)
    filling = _filling(order)
    steps = with_logins(steps, filling.login) if filling.login else steps
    return Opened(header=header, steps=steps, filling=filling, total=None, upstream="")


class _Rounds:
    """A plan's steps anew for each round, of the sessions and the time that are selected."""

    def __init__(self, order: ReplayOrder, account: Account, first_round: Iterator[Step]) -> None:
        self._order = order
        self._account = account
        self._first: Iterator[Step] | None = first_round

    def one(self) -> Iterator[Step]:
        steps, self._first = self._first or stream_plan(self._order.source)[1], None
        chosen, account = self._order.selection, self._account
        leaving = partial(kept, account=account, horizon_steps=self._order.budget.horizon_steps)
        steps = self._counted(steps)
        if chosen.between:
            since_s, until_s = chosen.between.seconds(0.0, None)
            steps = leaving(steps, lambda step: since_s <= step.due_s < until_s, "they are due at other times")
            steps = _from_zero(steps)
        if chosen.sessions:
            steps = leaving(steps, lambda step: step.session in chosen.sessions, "they are of other sessions")
        return steps if self._order.bindings else (msgspec.structs.replace(step, bindings=()) for step in steps)

    def _counted(self, steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            self._account.seen += 1
            yield step


def _from_zero(steps: Iterator[Step]) -> Iterator[Step]:
    """The steps, the first of them due at once."""
    first_s: float | None = None
    for step in steps:
        first_s = step.due_s if first_s is None else first_s
        yield msgspec.structs.replace(step, due_s=round(step.due_s - first_s, 6))


def _asked(asked: Budget, planned: Budget) -> Budget:
    """The plan's own budget, but for what was asked for otherwise."""
    usual = Budget()
    said = {name: value for name in Budget.__struct_fields__ if (value := getattr(asked, name)) != getattr(usual, name)}
    return msgspec.structs.replace(planned, **said)


def _filling(order: ReplayOrder) -> Filling:
    """Cookies are kept as browsers do; what else is filled in, the scenario says."""
    if order.scenario_file is None:
        return Filling()
    from scenarios.filling import filling_of  # reads whole scenarios, which few replays have
    from scenarios.loading import load_scenario

    filling = filling_of(load_scenario(order.scenario_file, os.environ), os.environ)
    shift = filling.shift and msgspec.structs.replace(filling.shift, speed=order.selection.speed)
    return msgspec.structs.replace(filling, shift=shift, horizon_steps=order.budget.horizon_steps)


def _total(selection: Selection, stored: int | None) -> int | None:
    return stored if selection in (Selection(), Selection(speed=selection.speed)) else None
