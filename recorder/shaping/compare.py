"""What changed from one recording to another: each difference with its numbers, and whether it counts.

Every comparison that is made is one chance for chance, so the more are made, the surer each has to be (Bonferroni).
Values of one body are taken as independent, which they hardly are where a body is a long list.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from recorder.shaping.chance import odds_factor, of_rates, of_shares
from recorder.shaping.model import FieldShape, RouteShape, Shape
from recorder.shaping.sketch import Sketch
from recorder.shaping.words import seconds, share

THRESHOLD = 1.5  # times, either way

_SURE = 0.01  # over all comparisons together
_LEAST_LATENCY_S = 0.005  # nobody minds less
_VOCABULARY = 40  # values of a field that are compared one by one

Item = TypeVar("Item")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`factor` is how many times as much, either way; None is infinite: against none at all.

    What does not `count` came too rarely to be more than chance: told only of what was never seen on one side.
    """

    kind: str  # 'new route', 'status', 'latency', ...
    where: str
    before: str
    after: str
    factor: float | None
    p: float
    counts: bool
    example: str | None = None  # exchange of the later recording


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` that count first, each group by kind and weight. `comparisons` is how many were made."""

    before: str  # fingerprints
    after: str
    exchanges_before: int
    exchanges_after: int
    comparisons: int
    threshold: float
    changes: tuple[Change, ...]

    @property
    def counting(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.counts)

    @property
    def rule(self) -> str:
        """The rule by which a change counts, in a sentence."""
        return (
            f"A change counts if it is {self.threshold:g} times or more (of shares: their odds) and chance would show "
            f"one such in less than {_SURE:.0%} of recordings without a change: p < {_SURE:g} / {self.comparisons:,} "
            "comparisons (shares: Fisher's exact test; rates: with the bursts that each recording has)."
        )


class _Compared(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    where: str
    before: str
    after: str
    factor: float
    p: float
    one_sided: bool = False  # never seen in one of the two
    example: str | None = None


def compare(before: Shape, after: Shape, threshold: float = THRESHOLD) -> Comparison:
    """What is different in `after`."""
    made = list(_compared(before, after))
    sure = _SURE / max(1, len(made))
    changes = [
        Change(
            kind=one.kind,
            where=one.where,
            before=one.before,
            after=one.after,
            factor=one.factor if math.isfinite(one.factor) else None,
            p=one.p,
            counts=one.p < sure and one.factor >= threshold,
            example=one.example,
        )
        for one in made
        if one.one_sided or (one.p < sure and one.factor >= threshold)
    ]
    changes.sort(key=lambda change: (not change.counts, change.p, change.kind, change.where))
    return Comparison(
        before=before.recording,
        after=after.recording,
        exchanges_before=before.exchanges,
        exchanges_after=after.exchanges,
        comparisons=len(made),
        threshold=threshold,
        changes=tuple(changes),
    )


def _compared(before: Shape, after: Shape) -> Iterator[_Compared]:
    yield from _rates(before, after)
    for old, new in _pairs(before.routes, after.routes, lambda route: route.route):
        known = old or new
        assert known is not None
        counts = (old.count if old else 0, before.exchanges, new.count if new else 0, after.exchanges)
        yield _shares(_named("route", old, new, "share of traffic"), known.route, *counts)
        if old and new:
            yield from _statuses(old, new)
            yield from _latency(old, new)
            yield from _all_fields(old, new)
    yield from _transitions(before, after)


def _rates(before: Shape, after: Shape) -> Iterator[_Compared]:
    bursts = [max([1.0, *(one.index for one in shape.arrivals.dispersion)]) for shape in (before, after)]
    for what, old, new in (
        ("exchanges", before.exchanges, after.exchanges),
        ("sessions", before.sessions, after.sessions),
    ):
        if before.duration_s and after.duration_s:
            rates = old / before.duration_s, new / after.duration_s
            yield _Compared(
                kind="rate",
                where=what,
                before=f"{rates[0]:.3g} a second",
                after=f"{rates[1]:.3g} a second",
                factor=max(rates) / min(rates) if min(rates) else math.inf,
                p=of_rates(old, before.duration_s, bursts[0], new, after.duration_s, bursts[1]),
            )


def _statuses(old: RouteShape, new: RouteShape) -> Iterator[_Compared]:
    for status in sorted({*old.statuses, *new.statuses}):
        counts = (old.statuses.get(status, 0), old.count, new.statuses.get(status, 0), new.count)
        yield _shares("status", f"{old.route} → {status}", *counts)
    if old.errors or new.errors:
        yield _shares("no answer", old.route, old.errors, old.count, new.errors, new.count)


def _latency(old: RouteShape, new: RouteShape) -> Iterator[_Compared]:
    """A quantile is compared by how many were slower than where it was: the later ones, and the earlier ones."""
    earlier, later = Sketch.awake(old.latency_s), Sketch.awake(new.latency_s)
    for name, part in (("p50", 0.5), ("p95", 0.95)):
        was_s, is_s = earlier.quantile(part), later.quantile(part)
        if was_s and is_s and abs(was_s - is_s) >= _LEAST_LATENCY_S:
            bound_s = math.sqrt(was_s * is_s)  # between the two
            slower = earlier.above(bound_s), earlier.count, later.above(bound_s), later.count
            yield _Compared(
                kind=f"latency {name}",
                where=old.route,
                before=seconds(was_s),
                after=seconds(is_s),
                factor=max(was_s, is_s) / min(was_s, is_s),
                p=of_shares(*slower),
            )


def _all_fields(old: RouteShape, new: RouteShape) -> Iterator[_Compared]:
    for side, olds, news, of_old, of_new in (
        ("", old.fields, new.fields, old.count, new.count),
        ("answered ", old.answered, new.answered, _answers(old, range(400)), _answers(new, range(400))),
        ("refused ", old.refused, new.refused, _answers(old, range(400, 1000)), _answers(new, range(400, 1000))),
    ):
        for one, other in _pairs(olds, news, lambda field: field.place):
            known = one or other
            assert known is not None
            where = f"{old.route} {side}{known.place}"
            if one is None or other is None:
                came = (_carriers(one, of_old), of_old, _carriers(other, of_new), of_new)
                yield _shares(_named("field", one, other, ""), where, *came)
            else:
                yield from _field(where, one, other)


def _answers(route: RouteShape, statuses: range) -> int:
    return sum(count for status, count in route.statuses.items() if status in statuses)


def _carriers(field: FieldShape | None, of: int) -> int:
    """How many messages have the field; at most all, for one may have it often."""
    return min(of, field.count) if field else 0


def _field(where: str, old: FieldShape, new: FieldShape) -> Iterator[_Compared]:
    if old.presence and new.presence:
        ofs = round(old.count / old.presence), round(new.count / new.presence)
        yield _shares("presence", where, min(old.count, ofs[0]), ofs[0], min(new.count, ofs[1]), ofs[1])
    for name in sorted({*old.types, *new.types}):
        yield _shares("type", f"{where}: {name}", old.types.get(name, 0), old.count, new.types.get(name, 0), new.count)
    was, now = ({one.name: one for one in field.classes if not one.name.startswith("up to")} for field in (old, new))
    for name in sorted({*was, *now}):
        kind = _named("kind of value", was.get(name), now.get(name), "kind of value")
        counts = was[name].count if name in was else 0, old.count, now[name].count if name in now else 0, new.count
        yield _shares(kind, f"{where}: {name}", *counts, example=now[name].example if name in now else None)
    if old.distinct <= _VOCABULARY and new.distinct <= _VOCABULARY:
        yield from _values(where, old, new)


def _values(where: str, old: FieldShape, new: FieldShape) -> Iterator[_Compared]:
    """The values of fields that are choices."""
    was, now = (
        {msgspec.json.encode(one.value).decode(): one.count for one in field.values if one.value is not None}
        for field in (old, new)
    )
    if old.count >= 2 * old.distinct and new.count >= 2 * new.distinct:
        for value in sorted({*was, *now}):
            kind = _named("value", was.get(value), now.get(value), "value")
            yield _shares(kind, f"{where}: {value[:60]}", was.get(value, 0), old.count, now.get(value, 0), new.count)


def _transitions(before: Shape, after: Shape) -> Iterator[_Compared]:
    for old, new in _pairs(before.machines, after.machines, lambda machine: f"{machine.resource}.{machine.field}"):
        if old is None or new is None:
            continue
        was, now = ({(one.before, one.after): one for one in machine.transitions} for machine in (old, new))
        sums = [sum(one.count for one in machine.transitions) for machine in (old, new)]
        for step in sorted({*was, *now}):
            kind = _named("transition", was.get(step), now.get(step), "transition")
            counts = was[step].count if step in was else 0, sums[0], now[step].count if step in now else 0, sums[1]
            where = f"{old.resource}.{old.field}: {step[0]} → {step[1]}"
            yield _shares(kind, where, *counts, example=now[step].example if step in now else None)


def _named(what: str, old: object, new: object, both: str) -> str:
    if old is None:
        return f"new {what}"
    return f"gone {what}" if new is None else both


def _shares(
    kind: str, where: str, some: int, of: int, others: int, of_others: int, *, example: str | None = None
) -> _Compared:
    return _Compared(
        kind=kind,
        where=where,
        before=_told(some, of),
        after=_told(others, of_others),
        factor=odds_factor(some, of, others, of_others),
        p=of_shares(some, of, others, of_others),
        one_sided=kind.startswith(("new ", "gone ")) and bool(of and of_others),
        example=example,
    )


def _told(some: int, of: int) -> str:
    return f"{share(some / of)} ({some:,} of {of:,})" if of else "-"


def _pairs(
    olds: tuple[Item, ...], news: tuple[Item, ...], key: Callable[[Item], str]
) -> Iterator[tuple[Item | None, Item | None]]:
    """What both have, by key, in the order of the old; then what only the new ones have."""
    was: Mapping[str, Item] = {key(item): item for item in olds}
    now: Mapping[str, Item] = {key(item): item for item in news}
    for name in [*was, *(name for name in now if name not in was)]:
        yield was.get(name), now.get(name)
