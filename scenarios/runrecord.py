"""What a run leaves in its folder besides its streams: `run.json`. The reporter reads only the folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from faults.fault import Receipt
from replayer.comparing.shaken import Classed
from replayer.fidelity import Spread
from scenarios.accepted import Accepted, by_key
from scenarios.downstream import LinkUse
from scenarios.finding import CheckResult
from scenarios.hearing import Listened
from scenarios.knowing import Knew
from scenarios.signals.recovery import Recovery

Result = Literal["passed", "findings", "invalid", "interrupted"]
Ended = Literal["executions", "time", "nothing left to draw"]  # which bound ended a search


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase of the run, in seconds on the run's clock. Counts are steps."""

    name: Literal["calm", "shake", "recover", "explore", "replay"]
    started_s: float
    ended_s: float
    replay_started_s: float | None = None  # of calm and shake: where their history's, and its lead times', zero lies
    sent: int = 0
    ok: int = 0
    failed: int = 0
    unknown: int = 0
    not_sent: int = 0
    compared: int = 0
    same_status: int = 0
    lateness: Spread | None = None
    hold: Spread | None = None
    rate_error: float | None = None  # by what share the plan's rate was missed: -0.1 is ten per cent too slow
    out_of_order: int = 0  # steps sent after one of their session that was due later
    checks: tuple[CheckResult, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    links: tuple[LinkUse, ...] = ()  # what the system asked for meanwhile, of each link that carried a request
    calls_forgotten: int = 0  # at most so many more of those, which the taps had no room for
    losses: tuple[str, ...] = ()  # what of the signals was not heard, a sentence each
    listened: Listened | None = None  # what hearing them cost us
    classes: tuple[Classed, ...] = ()  # of shake: what its steps came to, against the calm replay, the gravest first
    knew: Knew | None = None  # of shake: what the system knew, whether users saw anything or not
    recovery: Recovery | None = None  # of recover


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """How often a route was sent while a fault of this kind was on its link and hit; kind '' is no fault."""

    route: str
    link: str
    kind: str
    times: int


class Detectable(msgspec.Struct, frozen=True, kw_only=True):
    """A route was exercised so in `executions` that could be judged: what shows in a share of
    `odds` of such executions, or more, was found with a chance of 90 %.

    `under` is 'alone' (sent with nothing changed about it), 'at once' (together with others), 'changed' (an edit of it,
    of its values or its place), or a kind of fault that hit it.
    """

    route: str
    under: str
    executions: int
    odds: float


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """What an oracle suspected and what did not stand up to its control: `fails` of `of` runs against the control's."""

    check: str
    oracle: str
    why: str  # 'its control violates it as well'
    steps: int  # of the plan that was suspected
    fails: int
    of: int
    control_fails: int
    control_of: int


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What the search did. `executions` are plans run for real, minimising and evidence counted apart."""

    seed: int
    instances: int
    executions: int
    minimising: int
    evidence: int
    took_s: float
    coverage: tuple[Covered, ...] = ()
    unknown: int = 0  # executions on which some check could not say
    ended: Ended = "executions"
    untried: int = 0  # combinations of route, link and kind that could have met and never did
    cut_short: int = 0  # findings whose minimising a limit ended: a smaller plan may exist
    restarts: int = 0  # of processes that had died, or were beyond a reset
    power: tuple[Detectable, ...] = ()  # by what it was under, then by route
    dropped: tuple[Suspicion, ...] = ()  # suspicions that did not stand up to their controls


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    scenario: str
    scenario_file: str
    recording: str
    seed: int
    engine: str  # 'toxiproxy 2.12.0', 'embedded 0.1.0'
    versions: dict[str, str]
    git_head: str
    command: str  # repeats the run
    started_at: str  # ISO 8601, UTC
    took_s: float
    result: Result
    reason: str  # one sentence: why this result
    phases: tuple[Phase, ...]
    search: Search | None
    findings: tuple[str, ...]  # keys, worst first
    seen_once: tuple[str, ...] = ()  # keys of what an oracle saw and what never came back: no findings
    accepted: tuple[Accepted, ...] = ()  # of its findings, in force or over

    @property
    def in_force(self) -> Mapping[str, Accepted]:
        """Those that were in force on its day, by key."""
        return by_key(self.accepted, datetime.fromisoformat(self.started_at).date())
