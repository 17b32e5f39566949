"""The scenario: what to start, what to shake, what must hold, and how long to search. Types only.

`scenarios.loading` reads one from YAML with every error at its line; `scenarios.scenario_schema` publishes the JSON
Schema. Texts may still hold `${...}` variables that are known only when an instance starts (`scenarios.variables`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from foreshock.duration import parse_duration_s
from replayer import plan
from replayer.target import Tls
from scenarios.alerting import Alert, Recovering
from scenarios.declared import Function, Invariant, Machine
from scenarios.fields import Address, Argument, Command, Count, Duration, Name, Percent, Span, Text, Url
from scenarios.sources import Signals
from scenarios.whose import Auth, Identities, MapEntry


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mapping of a scenario: unknown keys are refused."""


class Ready(Struct, frozen=True, kw_only=True):
    """A process is ready once `http` answers 2xx, or `tcp` accepts a connection."""

    http: Url | None = None
    tcp: Address | None = None
    within: Duration = "10s"

    def __post_init__(self) -> None:
        if (self.http is None) == (self.tcp is None):
            raise ValueError("expected exactly one of 'http' (a URL) and 'tcp' (an address)")


class Process(Struct, frozen=True, kw_only=True):
    """A process of the system under test. `python` as the command's first word is the interpreter that runs us."""

    command: Command
    environment: dict[str, Argument] = {}
    directory: Text | None = None  # where it is started: the scenario's folder if absent
    ready: Ready
    metrics: Url | None = None  # a Prometheus or OpenMetrics endpoint


class Link(Struct, frozen=True, kw_only=True):
    """A network hop through a proxy, to `upstream`, which has to be on loopback or on `allow`.

    It listens on loopback unless `listen` says otherwise: only who writes an address there is reached from elsewhere.
    A port of 0 lets the system choose one.
    """

    upstream: Address
    listen: Address = "127.0.0.1:0"


class TargetTls(Struct, frozen=True, kw_only=True):
    """How an https target is known, and what we show of ourselves: files as PEM, from the scenario's folder on.

    Certificates are verified, against what this machine trusts or against `ca`; with `insecure` they are not.
    """

    ca: Text | None = None
    certificate: Text | None = None  # ours, with its chain
    key: Text | None = None  # of our certificate, where it is not in the same file
    insecure: bool = False

    def __post_init__(self) -> None:
        if self.key is not None and self.certificate is None:
            raise ValueError("expected a 'certificate' with the 'key'")
        if self.insecure and self.ca is not None:
            raise ValueError("expected 'ca' or 'insecure', not both: with 'insecure' nothing is verified")


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one method with its URL."""

    get: Url | None = None
    post: Url | None = None
    put: Url | None = None
    delete: Url | None = None

    def __post_init__(self) -> None:
        if sum(url is not None for url in (self.get, self.post, self.put, self.delete)) != 1:
            raise ValueError("expected exactly one of get, post, put, delete, with a URL")

    @property
    def method_and_url(self) -> tuple[str, str]:
        return next((name.upper(), url) for name in self.__struct_fields__ if (url := getattr(self, name)) is not None)


class Replay(Struct, frozen=True, kw_only=True):
    """How the recording is replayed in the calm and the shaken phase: `speed` 2 is twice as fast as recorded.

    Where we ourselves send more than one request in a hundred later than `late`, the run says nothing.
    """

    speed: Annotated[float, Meta(gt=0, le=1000, description="a number above 0, such as 1 or 2.5")] = 1.0
    shift_dates: bool = False  # dates near the recording's time move to the replay's
    late: Duration = "250ms"  # the system under test is on the same machine more often than not

    @property
    def late_s(self) -> float:
        return parse_duration_s(self.late)


class Retry(Struct, frozen=True, kw_only=True):
    """What a client does about an attempt that came to nothing: tries again, after a pause, so many `attempts` in all.

    A pause is `pause`, or drawn between nothing and `pause` doubled by each attempt, at most `most` (exponential); a
    Retry-After is waited for up to `most`. Retries are at most ten and `budget` of the requests. `unsafe`: POST and
    PATCH too. `redeliver`: a request whose answer was lost is sent once more, whatever it is, as queues and proxies do.
    """

    backoff: Literal["none", "fixed", "exponential"]
    attempts: Annotated[int, Meta(ge=1, le=20, description="a whole number from 1 to 20")] = 3
    pause: Duration = "100ms"
    most: Duration = "10s"
    after: Annotated[
        tuple[Literal["timeout", "reset", "cut", "refused", "garbage"] | Annotated[int, Meta(ge=400, le=599)], ...],
        Meta(description="a list of 'timeout', 'reset', 'cut', 'refused', 'garbage' and statuses from 400 to 599"),
    ] = ("timeout", "reset", "cut", "refused", 429, 502, 503, 504)
    unsafe: bool = False
    budget: Percent = "100%"
    redeliver: bool = False

    @property
    def policy(self) -> plan.Retry:
        """The same as a plan has it."""
        return plan.Retry(
            backoff=self.backoff,
            attempts=self.attempts,
            pause_s=parse_duration_s(self.pause),
            most_s=parse_duration_s(self.most),
            on=self.after,
            unsafe=self.unsafe,
            budget=float(self.budget.removesuffix("%")) / 100,
            redeliver=self.redeliver,
        )


class FaultWindow(Struct, frozen=True, kw_only=True, rename={"from_": "from", "for_": "for"}):
    from_: Span = "0%"
    for_: Span = "100%"


class FaultAt(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"while_": "while"}):
    """At a step of the recorded plan: on until `before` is sent, while `while_` runs, or from the end of `after` on."""

    before: Text | None = None
    while_: Text | None = None
    after: Text | None = None


class FaultNth(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At the `n`-th request of `route` ('POST /orders/{id}'), or the `n`-th connection of `link`."""

    n: Count
    route: Text | None = None
    link: Name | None = None
    attempt: Count = 1


class FaultRamp(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Magnitudes grow over `up` from the window's start, and shrink over `down` before its end, in so many steps."""

    up: Span = "0%"
    down: Span = "0%"
    steps: Annotated[int, Meta(ge=2, le=100, description="a whole number from 2 to 100")] = 10


class FaultEntry(Struct, frozen=True, kw_only=True):
    """A fault of the shaken phase as the file has it; its magnitudes stand beside the kind and are in `args` here.

    With `every`, the window is only the first of several: see `scenarios.faultplan`. With `fraction` it takes only that
    part of the requests or connections (`per`) at its place, drawn from `seed`, or the run's if there is none.
    """

    id: Name | None = None  # made from the kind and the link if absent
    link: Name
    kind: Name
    window: FaultWindow | None = None
    at: FaultAt | None = None
    nth: FaultNth | None = None
    every: Duration | None = None
    fraction: Annotated[float, Meta(gt=0, le=1, description="a number above 0 and at most 1, such as 0.3")] | None = (
        None
    )
    per: Literal["request", "connection"] | None = None  # 'request' if absent
    ramp: FaultRamp | None = None
    seed: Annotated[int, Meta(ge=0, le=(1 << 63) - 1, description="a whole number from 0")] | None = None
    args: dict[str, Any] = {}


class Stop(Struct, frozen=True, kw_only=True, rename={"for_": "for"}):
    """The shaken replay stops once so much of what was answered lately, for so long, was not ok (failed or unknown)."""

    failing: Percent
    for_: Duration

    @property
    def failing_share(self) -> float:
        """From 0 to 1."""
        return float(self.failing.removesuffix("%")) / 100

    @property
    def for_s(self) -> float:
        return parse_duration_s(self.for_)


class Explore(Struct, frozen=True, kw_only=True, rename={"for_": "for"}):
    """The search's budget. `faults` are the kinds it may use; none given: all of the catalogue.

    `rate` caps the requests a second that it sends, over all instances: for a system that others use as well.
    """

    executions: Annotated[int, Meta(ge=0, description="a whole number from 0 (no search)")] = 150
    instances: Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64")] | None = None
    faults: tuple[Name, ...] | None = None
    for_: Duration = "60s"
    restarts: Count = 50  # of an instance whose processes die or can't be reset, before the run is given up
    rate: Annotated[float, Meta(gt=0, description="requests a second, a number above 0")] | None = None  # none: no cap

    @property
    def for_s(self) -> float:
        return parse_duration_s(self.for_)


class ScenarioFile(Struct, frozen=True, kw_only=True):
    """What stands in the file. Without `processes` the system is the user's own: only `target` is known of it."""

    version: Annotated[Literal[1], Meta(description="1, the only version so far")]
    name: Name
    allow: tuple[Text, ...] = ()  # hosts that may be sent traffic, besides loopback
    engine: Literal["auto", "toxiproxy", "embedded"] = "auto"
    processes: dict[str, Process] = {}
    links: dict[str, Link] = {}
    target: Url
    tls: TargetTls | None = None  # of an https target
    reset: tuple[Request, ...] = ()
    signals: Signals = Signals()  # what is listened to, besides what the processes say of themselves
    alerts: tuple[Alert, ...] = ()  # the user's own, to see which of them would have spoken
    recovery: Recovering | None = None  # a replay more, which goes on after the faults; none if absent
    recording: Text | None = None  # relative to the file
    replay: Replay = Replay()
    identities: Identities | None = None
    map: tuple[MapEntry, ...] = ()
    auth: Auth | None = None
    retry: Retry | None = None  # of whoever replays, calm, shaken and in the search; none: everything is sent once
    settle: Duration = "100ms"  # what probes read must stay equal for so long before it is judged
    faults: tuple[FaultEntry, ...] = ()
    stop: (
        Annotated[Literal["none"] | Stop, Meta(description="'none', or when to stop, such as {failing: 80%, for: 5s}")]
        | None
    ) = None  # has to be there where there are faults
    max_active: Count | None = None  # faults that may be on at once
    invariants: tuple[Invariant, ...] = ()
    states: tuple[Machine, ...] = ()
    checks: tuple[Function, ...] = ()  # relative to the file
    explore: Explore = Explore()


class Scenario(ScenarioFile, frozen=True, kw_only=True):
    """A scenario that has been read and checked, and the file it came from."""

    file: Path

    @property
    def folder(self) -> Path:
        """The file's folder, absolute: what its relative paths start from."""
        return self.file.resolve().parent

    @property
    def recording_path(self) -> Path | None:
        return self.folder / self.recording if self.recording is not None else None

    @property
    def target_tls(self) -> Tls | None:
        """The same as a target has it, with paths that hold from everywhere."""
        if self.tls is None:
            return None
        ca, certificate, key = (
            str(self.folder / file) if file is not None else None
            for file in (self.tls.ca, self.tls.certificate, self.tls.key)
        )
        return Tls(ca_file=ca, certificate_file=certificate, key_file=key, insecure=self.tls.insecure)

    @property
    def settle_s(self) -> float:
        return parse_duration_s(self.settle)

    @property
    def instances(self) -> int:
        """How many copies of the system the search uses: as asked; 4 if not asked; 1 where the system is not ours."""
        return self.explore.instances or (4 if self.processes else 1)
