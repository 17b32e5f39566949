"""How well a replay kept its plan: the error that the instrument states of itself. Counted by `replayer.metering`.

Lateness is our own (sent after it was due and ready), hold is what the plan's order imposed; they are told apart. Past
a bound of lateness nothing that a replay shows of the system's own times and order is trusted.
"""

from __future__ import annotations

import msgspec

from foreshock.duration import format_duration


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Median, 99th percentile and maximum; the former two to about 1 %."""

    p50_s: float
    p99_s: float
    max_s: float


class Fidelity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`lateness` and `hold` are of the steps that were sent; None where none was."""

    sent: int = 0
    lateness: Spread | None = None
    hold: Spread | None = None
    held: dict[str, int] = {}  # steps by what held them: Outcome.held
    asked_per_s: float | None = None  # between the first and the last due time of what was sent; None of less than two
    kept_per_s: float | None = None  # between the first and the last that was sent
    out_of_order: int = 0  # steps sent after one of their session that was due later
    not_sent: dict[str, int] = {}  # steps by reason: 'unbound', 'unsendable', 'stopped'

    @property
    def rate_error(self) -> float | None:
        """By what share the rate was missed: -0.1 is ten per cent too slow. What was held counts, whoever held it."""
        return self.kept_per_s / self.asked_per_s - 1 if self.asked_per_s and self.kept_per_s else None

    def doubt(self, bound_s: float) -> str | None:
        """Why the replay can't be trusted, in a sentence; None where its p99 of lateness is within `bound_s`."""
        if self.lateness is None or self.lateness.p99_s <= bound_s:
            return None
        return (
            f"1 in 100 steps was sent {format_duration(self.lateness.p99_s)} late or later, "
            f"more than the {format_duration(bound_s)} that are allowed; give the replay a machine that does less, "
            "replay slower, or allow more"
        )
