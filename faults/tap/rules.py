"""The rules of a tap at work: what each met, and whom it takes.

A request with a trace id is drawn by that id and its number among the rule's requests of that trace, so that no other
traffic moves it; one without is drawn by its number among all eligible ones.
"""

from collections import OrderedDict
from collections.abc import Sequence

from faults.drawing import drawn
from faults.tap.head import trace_id
from faults.tap.rule import Rule, RuleCount, path_pattern

KEPT_TRACES = 65536  # per rule; of a trace that came before so many others it is forgotten how often it was met


class _Live:
    """A rule and its counts. `before` is how many there had been of what it counts by when it was made."""

    def __init__(self, rule: Rule, before: int) -> None:
        self.take(rule)
        self._before = before
        self._hits = 0
        self._eligible = 0
        self._unsteerable = 0
        self._by_trace: OrderedDict[str, int] = OrderedDict()

    def take(self, rule: Rule) -> None:
        """`rule` instead of the one it was; the counts stay."""
        self.rule = rule
        self._path = path_pattern(rule.path)

    def matches(self, method: str, path: str) -> bool:
        return (not self.rule.method or self.rule.method == method) and self._path.match(path) is not None

    def draw(self, trace: str | None) -> bool:
        """One more is eligible: is it to be taken?"""
        self._eligible += 1
        if self.rule.n is not None:
            return self._eligible == self.rule.n
        assert self.rule.fraction is not None
        if trace is None:
            return drawn(self.rule.key, self._eligible) < self.rule.fraction
        return drawn(self.rule.key, trace, self._met(trace)) < self.rule.fraction

    def hit(self) -> None:
        self._hits += 1

    def pass_by(self) -> None:
        self._unsteerable += 1

    def count(self, ever: int) -> RuleCount:
        """`ever`: how many there were so far of what it counts by."""
        return RuleCount(
            id=self.rule.id,
            offered=ever - self._before,
            eligible=self._eligible,
            hits=self._hits,
            unsteerable=self._unsteerable,
        )

    def _met(self, trace: str) -> int:
        """How often this trace was met, with this time."""
        times = self._by_trace.pop(trace, 0) + 1
        self._by_trace[trace] = times
        if len(self._by_trace) > KEPT_TRACES:
            self._by_trace.popitem(last=False)
        return times


class Rules:
    """`connections` and `requests` are all that there ever were; whoever sees one counts it there first."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.on_requests = False  # whether a request may be taken now
        self._rules: list[_Live] = []
        self._on: dict[str, list[_Live]] = {}  # those that are on, by what they count by

    def replace(self, rules: Sequence[Rule]) -> None:
        """From now on these; one whose id was there keeps its counts."""
        known = {live.rule.id: live for live in self._rules}
        self._rules = [self._renewed(rule, known.get(rule.id)) for rule in rules]
        on = [live for live in self._rules if live.rule.on]
        self._on = {per: [live for live in on if live.rule.per == per] for per in ("request", "connection")}
        self.on_requests = bool(self._on["request"])

    def connection(self) -> Rule | None:
        """The rule that takes the connection that was just counted, if one does."""
        return _first_to_take(self._on.get("connection", []), None)

    def request(self, method: str, path: str, traceparent: bytes | None, *, steerable: bool) -> Rule | None:
        """The rule that takes the request that was just counted, if one does; none does if it isn't `steerable`."""
        lives = [live for live in self._on.get("request", []) if live.matches(method, path)]
        if not lives:
            return None
        trace = trace_id(traceparent)
        if steerable:
            return _first_to_take(lives, trace)
        for live in lives:
            live.draw(trace)
            live.pass_by()
        return None

    @property
    def ids(self) -> list[str]:
        return [live.rule.id for live in self._rules]

    def counts(self) -> tuple[RuleCount, ...]:
        return tuple(live.count(self._ever(live.rule)) for live in self._rules)

    def _renewed(self, rule: Rule, known: _Live | None) -> _Live:
        if known is None or known.rule.per != rule.per:
            return _Live(rule, self._ever(rule))
        known.take(rule)
        return known

    def _ever(self, rule: Rule) -> int:
        return self.requests if rule.per == "request" else self.connections


def _first_to_take(lives: Sequence[_Live], trace: str | None) -> Rule | None:
    """Of all that draw, the first that wants it; the others have counted it as eligible."""
    takers = [live for live in lives if live.draw(trace)]
    if not takers:
        return None
    takers[0].hit()
    return takers[0].rule
