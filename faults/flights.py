"""Which step caused a call: the one whose trace it carries, else the only one that was in flight when it began.

A step's trace id follows from the plan's seed, the step and the attempt, so that a run of the same plan has the same.
"""

from bisect import bisect_right
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from faults.call import Call

TRACEPARENT = "traceparent"  # W3C Trace Context
MOST = 100_000


def traceparent(seed: int, step: str, attempt: int) -> str:
    """The header's value: version 00, a trace id and a span id of this attempt's own, sampled."""
    key = f"{seed}\x1f{step}\x1f{attempt}".encode(errors="surrogatepass")
    digest = blake2b(key, digest_size=24).hexdigest()
    return f"00-{digest[:32]}-{digest[32:]}-01"


class _Flight(msgspec.Struct):
    step: str
    from_s: float
    to_s: float | None = None  # None: still in flight


class Flights:
    """When each step was in flight, and which traces are whose. The last MOST of them are remembered."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._open: dict[str, _Flight] = {}
        self._all: list[_Flight] = []  # by `from_s`
        self._longest_s = 0.0
        self._steps: dict[str, str] = {}  # by trace id

    @property
    def in_flight(self) -> tuple[str, ...]:
        """Steps, in the order in which they began."""
        return tuple(self._open)

    def begin(self, step: str, now_s: float) -> None:
        flight = self._open[step] = _Flight(step, now_s)
        self._all.append(flight)
        if len(self._all) > 2 * MOST:
            del self._all[:MOST]
            self._steps = dict(list(self._steps.items())[-MOST:])

    def header(self, step: str, attempt: int) -> tuple[str, str]:
        """The header that this attempt is to carry."""
        value = traceparent(self._seed, step, attempt)
        self._steps[value.split("-")[1]] = step
        return TRACEPARENT, value

    def end(self, step: str, now_s: float) -> None:
        flight = self._open.pop(step, None)
        if flight is not None:
            flight.to_s = now_s
            self._longest_s = max(self._longest_s, now_s - flight.from_s)

    def attributed(self, calls: Iterable[Call]) -> tuple[Call, ...]:
        """The calls, in their order, each with its step and how that is known, where it is."""
        return tuple(self._attributed(call) for call in calls)

    def during(self, from_s: float, to_s: float) -> tuple[str, ...]:
        """Steps that were in flight at some time from one moment to another, in the order in which they began."""
        begun = self._all[: bisect_right(self._all, to_s, key=_from_s)]
        return tuple(dict.fromkeys(each.step for each in begun if each.to_s is None or each.to_s >= from_s))

    def _attributed(self, call: Call) -> Call:
        if call.trace in self._steps:
            return replace(call, step=self._steps[call.trace], by="traceparent")
        steps = self._steps_at(call.started_s)
        return replace(call, step=steps.pop(), by="time") if len(steps) == 1 else call

    def _steps_at(self, t_s: float) -> set[str]:
        """Those in flight then."""
        steps = {flight.step for flight in self._open.values() if flight.from_s <= t_s}
        for index in reversed(range(bisect_right(self._all, t_s, key=_from_s))):
            flight = self._all[index]
            if flight.from_s < t_s - self._longest_s:
                break
            if flight.to_s is not None and t_s <= flight.to_s:
                steps.add(flight.step)
        return steps


def _from_s(flight: _Flight) -> float:
    return flight.from_s
