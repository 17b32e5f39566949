"""The scenario's words for what is judged of signals: the user's own alerts, and the load that is held after faults."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from foreshock.duration import parse_duration_s
from scenarios.signals.alerts import AlertRule

_Text = Annotated[str, Meta(min_length=1, description="text (in quotes where YAML would read something else)")]
_Duration = Annotated[
    str, Meta(pattern=r"^([0-9]+(\.[0-9]+)?(us|ms|s|m|h))+$", description="a duration such as '20s' or '500ms'")
]


class Alert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """An alert that the user has on a signal, or on all that '*' stands for: 'storefront metric pool_in_use*'.

    Of a metric, it speaks where its value (of a counter, its rate a second) is `above` or `below` for so long; of a
    log, 'storefront log ERROR *', where so many lines are `said` within that time.
    """

    name: _Text
    signal: _Text
    above: float | None = None
    below: float | None = None
    said: Annotated[int, Meta(ge=1, description="a whole number from 1")] | None = None
    for_: _Duration = "0s"

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.above, self.below, self.said)) != 1:
            raise ValueError("expected exactly one of 'above', 'below' and 'said'")

    @property
    def rule(self) -> AlertRule:
        return AlertRule(
            name=self.name,
            pattern=self.signal,
            above=self.above,
            below=self.below,
            said=self.said,
            for_s=parse_duration_s(self.for_),
        )


class Recovering(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Once the faults are lifted the recorded load goes on for `hold`; then none comes for `kick`, and it comes again
    for as long: whether the system comes back by itself, or only then."""

    hold: _Duration = "20s"
    kick: _Duration = "5s"

    @property
    def hold_s(self) -> float:
        return parse_duration_s(self.hold)

    @property
    def kick_s(self) -> float:
        return parse_duration_s(self.kick)
