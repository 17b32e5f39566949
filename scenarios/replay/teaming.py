"""The same on several of Locust's workers: groups of sessions told first, then dealt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from foreshock.clock import Anchor
from replayer.distributed.parent import run_team
from replayer.distributed.team import Note, Team, TeamDone
from replayer.groups import Groups
from replayer.outcome import Outcome
from replayer.target import Target
from replayer.traffic.account import Account
from scenarios.replay.opening import Opened, opened
from scenarios.replay.order import ReplayOrder, Workers
from scenarios.replay.sending import job_of

LOCAL = "127.0.0.1"


async def send_by_team(
    order: ReplayOrder,
    workers: Workers,
    traffic: Opened,
    target: Target,
    account: Account,
    on_begin: Callable[[Anchor], None],
    on_outcome: Callable[[Outcome], None],
    on_note: Callable[[Note], None],
    stop: asyncio.Event,
) -> TeamDone:
    """As `sending.send`. Reads the traffic once before: which sessions hang on each other is known at its end."""
    host, port = workers.master or (LOCAL, 0)
    groups = await asyncio.to_thread(_groups, order)
    if groups.split:
        account.notes.append(f"{groups.split:,} sessions that hang on others may have been dealt to other workers")
    team = Team(
        workers=workers.count,
        host=host,
        port=port,
        web=workers.web,
        csv=str(workers.csv) if workers.csv else None,
        html=str(workers.html) if workers.html else None,
        groups=dict(groups.named()),
    )

    def noted(note: Note) -> None:
        if note.anchor is not None:
            on_begin(note.anchor)
        on_note(note)

    job = job_of(traffic, target)
    local = workers.master is None
    return await run_team(team, job, traffic.steps, on_outcome, stop, local=local, on_note=noted)


def _groups(order: ReplayOrder) -> Groups:
    traffic = opened(order, Account())
    return Groups.of(traffic.steps, traffic.header.budget.horizon_steps)
