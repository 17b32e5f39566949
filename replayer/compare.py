"""Replayed answers against recorded ones, by status. Comparing nothing says so: it is never 'all the same'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from replayer.outcome import History, Outcome


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`count` steps of `route` were recorded with one status and replayed with another, or none for `error`."""

    route: str
    recorded: int
    replayed: int | None
    error: str | None
    count: int

    @property
    def same(self) -> bool:
        return self.error is None and self.replayed == self.recorded


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    reason: str  # 'unbound', 'stopped', 'unsendable'
    count: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`compared` were sent and have a recorded status."""

    compared: int
    same_status: int
    rows: tuple[Row, ...]  # those that differ first, then by route
    not_sent: tuple[NotSent, ...]  # most frequent first

    @property
    def share(self) -> float | None:
        """Of the compared, how many had the recorded status; None of nothing."""
        return self.same_status / self.compared if self.compared else None


def compare(history: History) -> Comparison:
    """How the answers of `history` compare with the recorded ones. A cut answer is not the same as a whole one."""
    sent = [outcome for outcome in history.outcomes if outcome.not_sent is None]
    rows = _rows(outcome for outcome in sent if outcome.recorded_status is not None)
    reasons = Counter(_reason(outcome.not_sent) for outcome in history.outcomes if outcome.not_sent is not None)
    compared = sum(row.count for row in rows)
    return Comparison(
        compared=compared,
        same_status=sum(row.count for row in rows if row.same),
        rows=rows,
        not_sent=tuple(NotSent(reason=reason, count=count) for reason, count in reasons.most_common()),
    )


def _rows(outcomes: Iterable[Outcome]) -> tuple[Row, ...]:
    counts = Counter((outcome.route, outcome.recorded_status or 0, *_replayed(outcome)) for outcome in outcomes)
    rows = (
        Row(route=route, recorded=recorded, replayed=replayed, error=error, count=count)
        for (route, recorded, replayed, error), count in counts.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.same, row.route, row.recorded, row.replayed or 0, row.error or "")))


def _replayed(outcome: Outcome) -> tuple[int | None, str | None]:
    attempt = outcome.attempts[-1]
    return attempt.status, attempt.error


def _reason(not_sent: str) -> str:
    """The kind of a reason: what stands before its first colon."""
    return not_sent.partition(":")[0]
