"""A shaken run told against a calm one of the same plan: every step's class, counted, with the first of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from faults.call import Call
from replayer.comparing.classes import DEFINITIONS, SAFE, Case, Class, class_of
from replayer.comparing.comparer import Comparer
from replayer.comparing.difference import Difference
from replayer.comparing.masks import Masks
from replayer.comparing.met import met_of
from replayer.outcome import History, Outcome

_EXAMPLES = 5  # of each class
_NO_RESOURCE = re.compile(r"|api|rest|v\d+|\{.*\}")


class Example(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step of a class; `differs` is the first place where its answer differs, and how: 'json:$.total: value'."""

    step: str
    route: str
    differs: str = ""


class Classed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`count` steps are of the class `name`."""

    name: Class
    count: int
    first: tuple[Example, ...] = ()


def classes_of(
    calm: History,
    shaken: History,
    masks: Masks,
    *,
    addresses: tuple[str, str] = ("", ""),
    redact: Callable[[str], str] = lambda text: text,
) -> tuple[Classed, ...]:
    """The classes that steps of `shaken` are of, the gravest first, unknown last; steps never sent are not counted.

    A step without a calm twin that was sent is unknown. `addresses` are those of the systems that the calm and the
    shaken plan were sent to, where they are known.
    """
    told = _Told(calm, shaken, masks, addresses, redact)
    for outcome in sorted(shaken.outcomes, key=lambda outcome: outcome.sent_s or outcome.due_s):
        told.meet(outcome)
    order: list[Class] = [*(name for name, _ in DEFINITIONS), "unknown"]
    return tuple(
        Classed(name=name, count=told.counts[name], first=tuple(told.first[name]))
        for name in order
        if told.counts[name]
    )


class _Told:
    """Takes the shaken outcomes in the order they were sent, and notes which writes went otherwise."""

    def __init__(
        self, calm: History, shaken: History, masks: Masks, addresses: tuple[str, str], redact: Callable[[str], str]
    ) -> None:
        self.counts: Counter[Class] = Counter()
        self.first: dict[Class, list[Example]] = {}
        self._calms_own, own = addresses
        self._comparer = Comparer(masks, own=own)
        self._redact = redact
        self._calm = {outcome.step: outcome for outcome in calm.outcomes}
        self._calm_calls = _by_step(calm.calls)
        self._shaken_calls = _by_step(shaken.calls)
        self._sessions: set[str] = set()  # in which a write went otherwise
        self._resources: set[str] = set()  # of which one did

    def meet(self, outcome: Outcome) -> None:
        twin = self._calm.get(outcome.step)
        if outcome.not_sent is not None or twin is None or twin.not_sent is not None:
            self._cloud(outcome)
            if outcome.not_sent is None:
                self._add("unknown", outcome, ())
            return
        case = Case(
            calm=twin,
            shaken=outcome,
            differences=self._comparer.meet(outcome, met_of(twin, self._calms_own)),
            clouded=outcome.session in self._sessions or not self._resources.isdisjoint(_words(outcome.route)),
            calm_calls=self._calm_calls.get(outcome.step, ()),
            shaken_calls=self._shaken_calls.get(outcome.step, ()),
        )
        name = class_of(case)
        if name not in ("same", "masked", "slow"):
            self._cloud(outcome)
        self._add(name, outcome, case.differences or ())

    def _cloud(self, outcome: Outcome) -> None:
        if outcome.route.partition(" ")[0] not in SAFE:
            self._sessions.add(outcome.session)
            self._resources |= _words(outcome.route)

    def _add(self, name: Class, outcome: Outcome, differences: Sequence[Difference]) -> None:
        self.counts[name] += 1
        first = self.first.setdefault(name, [])
        if len(first) < _EXAMPLES:
            differs = f"{self._redact(differences[0].place)}: {differences[0].kind}" if differences else ""
            first.append(Example(step=outcome.step, route=outcome.route, differs=differs))


def _by_step(calls: Iterable[Call]) -> dict[str, tuple[Call, ...]]:
    found: dict[str, tuple[Call, ...]] = {}
    for call in calls:
        if call.step is not None:
            found[call.step] = (*found.get(call.step, ()), call)
    return found


def _words(route: str) -> frozenset[str]:
    """What a route is about: 'orders' and 'items' of 'POST /api/v1/orders/{id}/items'."""
    parts = route.partition(" ")[2].split("/")
    return frozenset(part.lower() for part in parts if not _NO_RESOURCE.fullmatch(part))
