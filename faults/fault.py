"""A fault: a named production failure on one link, at one place of a plan. Data only.

A fault says where it happens in one of three ways:

- `window`: from an offset of the run, for a while (seconds, or per cent of the run);
- `at`: before, while or after one step of the plan;
- `nth`: the n-th request of a route (`route`), or the n-th connection of the link (`link`).

Of what is at its place it takes all, or a `fraction`; with a `ramp` its magnitudes grow and shrink. Steps are opaque
ids here: who a step is, the replayer knows. Which toxics a fault becomes, `faults.catalogue` knows.
"""

from typing import Any, Literal

import msgspec

from foreshock.duration import Offset


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from", "for_": "for"}):
    """On from `from_` for `for_`, as people write offsets: '20s', '500ms', '30%'."""

    from_: str = "0%"
    for_: str = "100%"

    def __post_init__(self) -> None:
        Offset.parse(self.from_)
        if Offset.parse(self.for_).value == 0:
            raise ValueError(f"a window needs a length, got for={self.for_!r}")

    def span_s(self, run_s: float) -> tuple[float, float]:
        """(start, end) in seconds on a run that lasts `run_s`."""
        start_s = Offset.parse(self.from_).seconds(run_s)
        return start_s, start_s + Offset.parse(self.for_).seconds(run_s)


class At(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"while_": "while"}):
    """Exactly one of: on until step `before` is sent; on `while_` a step runs; on from the end of step `after` on."""

    before: str | None = None
    while_: str | None = None
    after: str | None = None
    attempt: int | None = None  # with `while_`: only this try of the step; None: all of them

    def __post_init__(self) -> None:
        if self.attempt is not None and (self.while_ is None or self.attempt < 1):
            raise ValueError(f"at.attempt={self.attempt}: expected a number from 1, beside at.while")
        if sum(step is not None for step in (self.before, self.while_, self.after)) != 1:
            raise ValueError("expected exactly one of at.before, at.while, at.after, with a step's id")

    @property
    def step(self) -> str:
        return self.before or self.while_ or self.after or ""


class Nth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The `n`-th (from 1) request of `route`, or connection of `link`; of a request, its `attempt`-th try."""

    n: int
    route: str | None = None
    link: str | None = None
    attempt: int = 1

    def __post_init__(self) -> None:
        if self.n < 1 or self.attempt < 1:
            raise ValueError(f"nth counts from 1, got n={self.n} attempt={self.attempt}")
        if (self.route is None) == (self.link is None):
            raise ValueError("expected exactly one of nth.route, nth.link")


class Ramp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Magnitudes grow from 1/`steps` to all over `up`, and shrink again over `down`, in so many steps each way.

    Per cent are of the time that the fault lasts, so only a window can have them.
    """

    up: str = "0%"
    down: str = "0%"
    steps: int = 10

    def __post_init__(self) -> None:
        if not Offset.parse(self.up).value and not Offset.parse(self.down).value:
            raise ValueError("a ramp needs a length: expected up or down, such as '5s' or '50%'")
        if not 2 <= self.steps <= 100:
            raise ValueError(f"ramp.steps={self.steps}: expected a whole number from 2 to 100")


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind` is a name in `faults.catalogue`, `args` its magnitudes (each name ends in its unit).

    Which ones a `fraction` takes, of requests or of connections (`per`), is drawn from `seed`; None is the plan's.
    """

    id: str
    link: str
    kind: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    window: Window | None = None
    at: At | None = None
    nth: Nth | None = None
    fraction: float | None = None
    per: Literal["request", "connection"] = "request"
    ramp: Ramp | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if sum(place is not None for place in (self.window, self.at, self.nth)) != 1:
            raise ValueError(f"fault {self.id!r}: expected exactly one of window, at, nth")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise ValueError(f"fault {self.id!r}: fraction={self.fraction}: expected more than 0 and at most 1")
        if self.fraction is not None and self.nth is not None:
            raise ValueError(f"fault {self.id!r}: nth takes exactly one; expected no fraction beside it")
        if self.ramp is not None and self.nth is not None:
            raise ValueError(f"fault {self.id!r}: nth is one moment; expected no ramp beside it")


class FaultEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to a fault at `t_s` on the run's clock: 'on', 'off', or 'failed' with the reason in `detail`."""

    t_s: float
    fault: str
    link: str
    event: str
    detail: str = ""


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What could be seen of a fault at its link, of the requests and connections that it hit.

    `delay_ms` is the median time from a question to the first byte of its answer, less that of those that were not hit
    (None where nothing was answered, or nothing is there to compare with). The others are counts.
    """

    delay_ms: float | None = None
    slowest_ms: float | None = None  # the longest such time, of those that were hit
    unanswered: int = 0
    cut: int = 0  # answers that broke off
    closed: int = 0  # connections that were closed in the middle, or could have gone on
    reset: int = 0
    refused: int = 0

    def __str__(self) -> str:
        """'302 ms later, 3 unanswered'; '' where nothing was seen."""
        counts = {"unanswered": self.unanswered, "cut": self.cut, "closed": self.closed, "reset": self.reset}
        counts["refused"] = self.refused
        delay = [f"{self.delay_ms:.0f} ms later"] if self.delay_ms is not None and self.delay_ms >= 1 else []
        return ", ".join(delay + [f"{count} {name}" for name, count in counts.items() if count])


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a fault really did. `hit` is None where the engine cannot see it (a refused connection leaves no trace).

    `offered` of what it counts by (`per`) came by while its plan ran, `eligible` of them at its place, `hits` were hit.
    """

    fault: str
    link: str
    per: Literal["request", "connection"] = "connection"
    offered: int = 0
    eligible: int = 0
    hits: int = 0
    hit: bool | None = False
    activations: int = 0  # times it was switched on
    on_s: float = 0.0  # how long it was on in all
    connections: int = 0  # connections of the link that were opened or moved bytes while it was on
    bytes_up: int = 0  # towards the upstream, while on
    bytes_down: int = 0
    steps: tuple[str, ...] = ()  # steps that it hit; where that can't be told, those in flight while it was on
    hit_connections: tuple[int, ...] = ()  # the first of them, by their number on the link
    seen: Effect = Effect()
    detail: str = ""
