"""A finding: a state that should never have been possible, its evidence, the smallest plan that shows it, its story.

Identity is the key: the check and the routes of the smallest plan. A thousand hits of it are one finding. Its file is
YAML that a person can read and commit; it holds the whole plan, so that it reproduces anywhere.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from faults.fault import FaultEvent, Receipt
from replayer.plan import Plan
from scenarios.downstream import Caused
from scenarios.resources.world import World

Verdict = Literal["held", "violated", "unknown"]
LeadVerdict = Literal["WARNED", "LATE", "SILENT", "LYING", "UNKNOWN"]


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """A check's verdict on one finished run. `evaluated` counts what it looked at: 0 is never 'held'."""

    check: str
    verdict: Verdict
    evaluated: int
    message: str  # one sentence: what was seen against what was expected
    observed: Any = None  # what the probe read, bounded
    oracle: str = ""  # the oracle that judged, 'acknowledged write lost'; '' for a check that the user declared
    hint: bool = False  # too weak to fail a run by itself
    state: str = ""  # of a violation: the impossible state's short name, the same in every run ('paid → pending')


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The plan failed `fails` of `of` runs, its control `control_fails` of `control_of`; Fisher's exact p.

    Runs on which the check could not say are none of them. From `low` to `high` (0 to 1) is Wilson's interval of 95 %
    for how often the plan fails. `told_apart` says that p was small enough for the number of times it was looked at:
    the rule is `scenarios.explore.evidence`'s.
    """

    fails: int
    of: int
    control_fails: int
    control_of: int
    p_value: float
    low: float = 0.0
    high: float = 1.0
    told_apart: bool = False


class Amplified(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest plan made to fail more often, for a race that shows seldom: `what` was done, and what came of it."""

    what: str  # '6 at once', 'payments 50 ms slower'
    evidence: Evidence


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """From where on a magnitude of a needed fault breaks the smallest plan, and the nearest one at which it holds.

    At `breaks_at` `breaks_fails` of `breaks_of` runs failed, at `holds_at` none of `holds_of`. `holds_at` None: it
    breaks at every magnitude that the fault may have.
    """

    fault: str  # 'slow on payments'
    argument: str  # with its unit: 'latency_ms'
    breaks_at: int
    breaks_fails: int
    breaks_of: int
    holds_at: int | None = None
    holds_of: int = 0


class Necessity(msgspec.Struct, frozen=True, kw_only=True):
    """One element of the smallest plan, taken out alone: `fails` of `of` runs still showed the state."""

    element: str  # 'fault lost_reply on payments', 'value quantity=12 (recorded: 2)'
    fails: int
    of: int


class Rarity(msgspec.Struct, frozen=True, kw_only=True):
    """How rare one thing the plan needs is in the recording: `seen` of `of` `unit`s."""

    what: str
    seen: int
    of: int
    unit: str  # 'sessions', 'requests'


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that left what calm runs do. `lead_s` is before the first user-visible failure; negative: after it."""

    signal: str  # 'storefront metric payments_pool_in_use', 'storefront log WARN "payment attempt <*> timed out"'
    source: str  # the process or endpoint
    kind: Literal["log", "metric"]
    moved_at_s: float
    lead_s: float | None
    how: str  # one sentence with the numbers: 'rose from at most 2 in calm to 5'
    began_s: float | None = None  # when it had begun, as is seen afterwards; `moved_at_s` is when it could be told
    alerts: tuple[str, ...] = ()  # declared ones that are on this signal, whether they spoke or not


class Alerted(msgspec.Struct, frozen=True, kw_only=True):
    """A declared alert: when it spoke, in seconds from the replay's start (None: never), and how many signals it is on;
    0 is an alert that would never speak."""

    alert: str
    at_s: float | None
    signals: int


class LeadTime(msgspec.Struct, frozen=True, kw_only=True):
    """What the system knew, and when. `first_failure_s` is None where no user-visible answer failed."""

    verdict: LeadVerdict
    watched: int  # signals that were watched
    first_failure_s: float | None
    first_failure: str  # 'POST /checkout answered 503'
    moved: tuple[Moved, ...]  # earliest first
    seen_in: str  # where this was measured: 'the shaken replay', 'the smallest plan'
    alerts: tuple[Alerted, ...] = ()  # the declared ones, in the scenario's order
    lying: tuple[str, ...] = ()  # what said that all is well while users' requests failed, a sentence each
    promise: str = ""  # how often a signal may move falsely, or why nobody knows: a sentence; '' where none was asked


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a failing run's timeline."""

    t_s: float
    session: str
    what: str  # 'POST /checkout'
    answer: str  # '201 in 640 ms', 'timeout after 2.0 s'
    step: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    check: str
    title: str  # the impossible state in a sentence
    made_of: str = ""  # 'recorded session c3 + 1 edit + 1 fault'
    state: str = ""  # its short name, where the check gives one: 'paid → pending'
    message: str  # what the check saw
    phase: Literal["calm", "shake", "explore"]  # where it was seen first
    hits: int  # executions that showed it
    plan: Plan
    scenario: str = ""  # the file that starts the system and declares the check, as seen from where the run was made
    evidence: Evidence | None = None  # None: not run again
    observed: Any = None
    necessary: tuple[Necessity, ...] = ()
    rarity: tuple[Rarity, ...] = ()
    silent: tuple[str, ...] = ()  # what stayed quiet: checks and endpoints that said fine on the failing run
    lead: LeadTime | None = None
    oracle: str = ""  # that judged; '' for a check that the user declared
    hint: bool = False  # too weak to fail a run by itself
    amplified: Amplified | None = None
    thresholds: tuple[Threshold, ...] = ()
    finished: bool = True  # False: a limit, or whoever stopped the run, ended its minimising
    timeline: tuple[Beat, ...] = ()
    fault_events: tuple[FaultEvent, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    world: World | None = None  # what an oracle judges the plan by
    downstream: tuple[Caused, ...] = ()  # what its steps asked the system's links for, on the failing run
