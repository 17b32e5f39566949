"""A run's answers against the recorded ones, or against a calm twin's, one by one as they end; bounded in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from recorder.exchange import Exchange
from replayer.comparing.answers import spots_of
from replayer.comparing.difference import Difference, difference
from replayer.comparing.jsonplace import clean
from replayer.comparing.masks import Masks
from replayer.comparing.met import Met, met_of, met_of_exchange
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Rules
from replayer.outcome import Outcome

_ROWS = 2_000  # kinds of difference told apart; what comes beyond is counted

Side = Exchange | Outcome | Met  # what was answered in the other run


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`count` answers of one route differ at one place in one way; `first` is the first of them."""

    count: int
    first: Difference


class Uncompared(msgspec.Struct, frozen=True, kw_only=True):
    """`count` steps, or bodies of steps that were compared otherwise, were not compared for `reason`."""

    reason: str
    count: int


class MaskUse(msgspec.Struct, frozen=True, kw_only=True):
    """How often a mask let a difference pass; 0: it may have served its time."""

    route: str
    place: str
    reason: str
    count: int


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison came to. Of `compared` answers `same` had no difference beyond the masks."""

    compared: int
    same: int
    rows: tuple[Row, ...]  # most frequent first
    not_told: int  # differences beyond the rows that are kept
    not_compared: tuple[Uncompared, ...]  # whole steps; most frequent first
    bodies_not_compared: tuple[Uncompared, ...]  # of steps that count as compared by status and headers
    masks: tuple[MaskUse, ...]

    @property
    def share(self) -> float | None:
        """Of the compared, how many are the same; None of nothing, which is never 'all the same'."""
        return self.same / self.compared if self.compared else None

    def sentences(self, most: int = 20) -> list[str]:
        """For a person: the sum first, then what was not compared, then the differences."""
        lines = [f"{self.same:,} of {self.compared:,} answers are the same" if self.compared else _nothing(self)]
        lines += [f"not compared: {each.count:,}: {each.reason}" for each in self.not_compared]
        lines += [f"without their bodies: {each.count:,}: {each.reason}" for each in self.bodies_not_compared]
        lines += [_row(row) for row in self.rows[:most]]
        rest = len(self.rows) - most
        lines += [f"and {rest:,} more kinds of difference"] if rest > 0 else []
        return lines + ([f"and {self.not_told:,} differences that are not told apart"] if self.not_told else [])


class Comparer:
    """Takes outcomes one by one with what they are compared with; `result` says what came of it, at any time."""

    def __init__(
        self, masks: Masks | None = None, *, own: str = "", redact: Callable[[str], str] = lambda text: text
    ) -> None:
        """`own` is the address of the system that the outcomes are of ('127.0.0.1:8000'): URLs with it are the same as
        the recorded system's with its own. `redact` is given every place that the result tells: a key of an answer may
        be private too.
        """
        self._own = own
        self._masks = masks or Masks()
        self._redact = redact
        self._rules: dict[str, Rules] = {}
        self._pairs = Pairs()
        self._compared = 0
        self._same = 0
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._first: dict[tuple[str, str, str], Difference] = {}
        self._not_told = 0
        self._not_compared: Counter[str] = Counter()
        self._bodies: Counter[str] = Counter()

    def meet(self, outcome: Outcome, twin: Side | None) -> tuple[Difference, ...] | None:
        """Where this answer differs from `twin`'s, empty if it is the same; None where that can't be said.

        `twin` is what was recorded, or the calm replay's outcome of the same step; None if there is none.
        """
        if outcome.not_sent is not None:
            self._not_compared[f"not sent: {outcome.not_sent.partition(':')[0]}"] += 1
            return None
        if twin is None:
            self._not_compared["there is nothing to compare it with"] += 1
            return None
        was, now = self._met(twin), met_of(outcome, self._own)
        if was.answer is None:
            self._not_compared[f"the other run has no answer ({was.error or 'none'})"] += 1
            return None
        return self._meet(outcome, was, now)

    def _met(self, twin: Side) -> Met:
        if isinstance(twin, Met):
            return twin
        return met_of(twin, self._own) if isinstance(twin, Outcome) else met_of_exchange(twin)

    def _meet(self, outcome: Outcome, was: Met, now: Met) -> tuple[Difference, ...]:
        rules = self._rules.get(outcome.route)
        if rules is None:
            rules = self._rules[outcome.route] = Rules(self._masks.of(outcome.route))
        spots = spots_of(was, now, rules, self._pairs)
        self._compared += 1
        if why := was.unread or now.unread:
            self._bodies[why] += 1
        if not spots:
            self._same += 1
            return ()
        found = tuple(difference(outcome.step, outcome.route, spot) for spot in spots)
        self._count(found)
        return found

    def result(self) -> Compared:
        return Compared(
            compared=self._compared,
            same=self._same,
            rows=tuple(Row(count=count, first=self._clean(key)) for key, count in self._counts.most_common()),
            not_told=self._not_told,
            not_compared=_counted(self._not_compared),
            bodies_not_compared=_counted(self._bodies),
            masks=self._uses(),
        )

    def _clean(self, key: tuple[str, str, str]) -> Difference:
        first = self._first[key]
        return msgspec.structs.replace(first, place=clean(first.place, self._redact), at=clean(first.at, self._redact))

    def _count(self, found: tuple[Difference, ...]) -> None:
        """Each way of differing once an answer, however many items of a list have it."""
        for key, first in {(each.route, each.place, each.kind): each for each in reversed(found)}.items():
            if key in self._first or len(self._first) < _ROWS:
                self._counts[key] += 1
                self._first.setdefault(key, first)
            else:
                self._not_told += 1

    def _uses(self) -> tuple[MaskUse, ...]:
        used: Counter[tuple[str, str]] = Counter()
        for rules in self._rules.values():
            for rule in rules.all:
                used[rule.mask.route, rule.mask.place] += rule.used
        return tuple(
            MaskUse(route=mask.route, place=mask.place, reason=mask.reason, count=used[mask.route, mask.place])
            for mask in self._masks.masks
        )


def _counted(reasons: Counter[str]) -> tuple[Uncompared, ...]:
    return tuple(Uncompared(reason=reason, count=count) for reason, count in reasons.most_common())


def _nothing(compared: Compared) -> str:
    return "nothing was compared, which says nothing of the answers" if compared.not_compared else "nothing was sent"


def _row(row: Row) -> str:
    one = row.first
    return f"{one.route}: {one.place}: {one.kind} in {row.count:,}: {one.was}, now {one.now} (first: {one.step})"
