"""What a replay on several workers is told beside its job, and what it says of them meanwhile and at the end."""

from __future__ import annotations

from typing import Literal

import msgspec

from foreshock.clock import Anchor
from replayer.process.job import Done, Job


class Team(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`groups` names, of each session that hangs on others, the group that goes to one worker with it."""

    workers: int
    host: str = "127.0.0.1"  # where workers reach the master
    port: int = 0  # 0: any that is free
    wait_s: float = 60.0  # for all workers to be there
    web: tuple[str, int] | None = None  # Locust's page
    csv: str | None = None  # prefix of Locust's CSV files
    html: str | None = None  # Locust's report
    groups: dict[str, str] = {}


class TeamJob(msgspec.Struct, frozen=True, kw_only=True):
    job: Job
    team: Team


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The master listens at `port`; `worker` has joined, its clock known to `within_s`, or is lost; the plan begins."""

    what: Literal["listening", "joined", "begins", "lost"]
    worker: str = ""  # by its name at the master
    port: int = 0
    within_s: float = 0.0
    anchor: Anchor | None = None  # the plan's start


class TeamDone(Done, frozen=True, kw_only=True, omit_defaults=True):
    """`cpu_s` is that of all workers, engines and Locust's; `each` what every engine said. `lost` are those that did
    not end their share.
    """

    each: dict[str, Done] = msgspec.field(default_factory=dict)
    lost: tuple[str, ...] = ()
    locust_requests: int = 0  # that Locust has counted
