"""Whether the system came back once its faults were lifted, with the same open-loop load held: a judgement on outcomes.

Goodput is the share of what was due that was answered rightly and in time; waiting queues answer rightly and too late,
and are no good to anybody. A system that stays down under the load it had carried before, and comes back when the load
is dropped for a moment (the kick), is metastable (Bronson et al., HotOS 2021; Huang et al., OSDI 2022).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from faults.call import Call
from foreshock.duration import format_duration
from replayer.outcome import Outcome
from scenarios.signals.robust import quantile

Verdict = Literal["RECOVERED", "DEGRADED", "METASTABLE", "WEDGED", "UNKNOWN"]

_BACK = 0.95  # of calm's goodput is the same again
_PARTLY = 0.5  # of it: less is down
_LEAST_DUE = 10  # requests in a stretch, before it says anything
_IN_TIME_FACTOR = 3.0  # of calm's slowest hundredth
_LEAST_IN_TIME_S = 0.5
_BUSY = (408, 429)
_WINDOWS = 20  # that the time after the heal is looked at in


class Goodput(msgspec.Struct, frozen=True):
    """Of `due` requests so many were answered `right` and in time."""

    right: int
    due: int

    @property
    def share(self) -> float:
        return self.right / self.due if self.due else math.nan

    def text(self) -> str:
        return f"{self.right} of {self.due}"


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """Times count from when the last fault was lifted. Stretches: before the first fault, while any was on, the end of
    the time held, and after the kick (None where there was none)."""

    verdict: Verdict
    recovered_s: float | None  # from when on goodput was what it is in calm
    in_time_s: float  # what was taken for in time
    before: Goodput
    during: Goodput
    held: Goodput
    kicked: Goodput | None
    hysteresis: float | None  # goodput lost after the faults at the load that was carried before them: 0 is none
    amplification: tuple[float, float] | None  # calls on the links per request: before, and at the end of the hold
    sentence: str


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The run's stretches, on the clock of its outcomes: faults from `shaken_s` to `healed_s`, the load held until
    `held_s`, dropped, and back from `kicked_s` (None: never dropped) to the end."""

    shaken_s: float
    healed_s: float
    held_s: float
    kicked_s: float | None = None


def in_time_s(calm: Iterable[Outcome]) -> float:
    """How late an answer may come and be of use: three times what 99 of 100 took in calm, half a second at least."""
    took = sorted(each.latency_s for each in calm if each.latency_s is not None and each.fate == "ok")
    return max(_IN_TIME_FACTOR * quantile(took, 0.99), _LEAST_IN_TIME_S) if took else _LEAST_IN_TIME_S


def goodput(outcomes: Iterable[Outcome], from_s: float, to_s: float, within_s: float) -> Goodput:
    """Of the requests that were due in that time, and sent."""
    due = [each for each in outcomes if from_s <= each.due_s < to_s and each.not_sent is None]
    return Goodput(sum(_right(each, within_s) for each in due), len(due))


def recovery(outcomes: Sequence[Outcome], calls: Sequence[Call], times: Times, *, calm: Sequence[Outcome]) -> Recovery:
    """What became of the system after its faults. UNKNOWN where too little was due to say, or where it was down to the
    end and nobody dropped the load to see whether it comes back."""
    limit_s = in_time_s(calm)
    usual = goodput(calm, -math.inf, math.inf, limit_s)
    before = goodput(outcomes, -math.inf, times.shaken_s, limit_s)
    last_s = times.healed_s + (times.held_s - times.healed_s) * 2 / 3
    held = goodput(outcomes, last_s, times.held_s, limit_s)
    kicked = None if times.kicked_s is None else goodput(outcomes, times.kicked_s, math.inf, limit_s)
    since_s = _recovered_s(outcomes, times, usual.share, limit_s)
    verdict = _verdict(usual, held, kicked, since_s)
    return Recovery(
        verdict=verdict,
        recovered_s=since_s if verdict == "RECOVERED" else None,
        in_time_s=limit_s,
        before=before,
        during=goodput(outcomes, times.shaken_s, times.healed_s, limit_s),
        held=held,
        kicked=kicked,
        hysteresis=max(0.0, usual.share - held.share) if usual.due and held.due else None,
        amplification=_amplified(outcomes, calls, times, last_s),
        sentence=_sentence(verdict, since_s, held, kicked, usual, times),
    )


def _verdict(usual: Goodput, held: Goodput, kicked: Goodput | None, since_s: float | None) -> Verdict:
    if usual.due < _LEAST_DUE or held.due < _LEAST_DUE or not usual.right:
        return "UNKNOWN"
    if since_s is not None and held.share >= _BACK * usual.share:
        return "RECOVERED"
    if kicked is None or kicked.due < _LEAST_DUE:
        return "DEGRADED" if held.share >= _PARTLY * usual.share else "UNKNOWN"
    if kicked.share >= _BACK * usual.share:
        return "METASTABLE"
    return "DEGRADED" if max(kicked.share, held.share) >= _PARTLY * usual.share else "WEDGED"


def _recovered_s(outcomes: Sequence[Outcome], times: Times, usual: float, limit_s: float) -> float | None:
    """From the heal to the last wrong answer of the last window that is worse than calm; None if that is the end."""
    width_s = (times.held_s - times.healed_s) / _WINDOWS
    for index in reversed(range(_WINDOWS)):
        from_s = times.healed_s + index * width_s
        due = [each for each in outcomes if from_s <= each.due_s < from_s + width_s and each.not_sent is None]
        wrong = [each.due_s for each in due if not _right(each, limit_s)]
        if len(due) - len(wrong) < math.floor(_BACK * usual * len(due)):
            return None if index == _WINDOWS - 1 else max(wrong) - times.healed_s
    return 0.0


def _amplified(
    outcomes: Sequence[Outcome], calls: Sequence[Call], times: Times, last_s: float
) -> tuple[float, float] | None:
    """Calls are placed by when they began, requests by when they were sent."""

    def per_request(from_s: float, to_s: float) -> float | None:
        sent = sum(each.sent_s is not None and from_s <= each.sent_s < to_s for each in outcomes)
        made = sum(from_s <= each.started_s < to_s for each in calls)
        return made / sent if sent else None

    usual, after = per_request(-math.inf, times.shaken_s), per_request(last_s, times.held_s)
    return None if not calls or usual is None or after is None else (usual, after)


def _right(outcome: Outcome, within_s: float) -> bool:
    """A refusal is an answer: a load that is repeated asks for what is there already. To be busy is none."""
    answered = outcome.fate == "ok" or (outcome.fate == "failed" and outcome.status not in _BUSY)
    return answered and outcome.latency_s is not None and outcome.latency_s <= within_s


def _sentence(
    verdict: Verdict, since_s: float | None, held: Goodput, kicked: Goodput | None, usual: Goodput, times: Times
) -> str:
    hold = format_duration(round(times.held_s - times.healed_s, 1))
    load = f"with the load held for {hold} after the faults"
    calm = f"calm has {usual.text()}"
    match verdict:
        case "RECOVERED":
            return f"right and in time again {format_duration(round(since_s or 0.0, 3))} after the faults, {load}"
        case "DEGRADED":
            return f"{held.text()} were right and in time at the end, {load}; {calm}"
        case "METASTABLE":
            assert kicked is not None
            return (
                f"{held.text()} were right and in time at the end, {load}; once the load was dropped for a moment, "
                f"{kicked.text()}: it does not come back by itself"
            )
        case "WEDGED":
            assert kicked is not None
            return f"{held.text()} were right and in time, {load}, and {kicked.text()} after the load was dropped"
        case _ if held.due < _LEAST_DUE or usual.due < _LEAST_DUE:
            return f"not known: {counted_due(held)} at the end of the hold, {counted_due(usual)} in calm say too little"
        case _:
            return f"{held.text()} were right and in time, {load}; whether it comes back when load drops was not tried"


def counted_due(stretch: Goodput) -> str:
    return f"{stretch.due} request{'' if stretch.due == 1 else 's'}"
