"""When the shaken replay is stopped before its end: too many of its answers are not ok, for too long.

A pure rule over what ended lately. It never says anything of the system under test: who agreed to shake it agreed to so
much, and no more.
"""

from __future__ import annotations

from collections import Counter, deque

from foreshock.clock import Clock
from foreshock.duration import format_duration
from replayer.outcome import Outcome
from scenarios.scenario import Stop

LEAST_ANSWERS = 10  # in the time looked at: fewer say nothing of a share


class Stopping:
    """Fed with each outcome as it ends; `clock` gives seconds, from whatever zero.

    Of what ended in the last `stop.for`, the share that is not ok (failed or unknown) is compared with `stop.failing`.
    A refusal that was recorded too is as it should be, and ok here.
    It speaks for the first time `stop.for` after the first answer: "for 5 s" means all of five seconds.
    """

    def __init__(self, stop: Stop, clock: Clock) -> None:
        self._stop = stop
        self._clock = clock
        self._ended: deque[tuple[float, str]] = deque()  # when, and the fate
        self._fates: Counter[str] = Counter()  # of those
        self._since_s: float | None = None  # the first answer

    def meet(self, outcome: Outcome) -> str | None:
        """Why the replay is to be stopped now, in one sentence; else None. What was not sent is no answer."""
        if outcome.fate is None:
            return None
        now_s = self._clock()
        if self._since_s is None:
            self._since_s = now_s
        as_recorded = outcome.status is not None and outcome.status == outcome.recorded_status
        fate = "ok" if outcome.fate == "failed" and as_recorded else outcome.fate
        self._ended.append((now_s, fate))
        self._fates[fate] += 1
        self._forget(now_s)
        return self._reason() if now_s - self._since_s >= self._stop.for_s else None

    def _forget(self, now_s: float) -> None:
        while self._ended[0][0] < now_s - self._stop.for_s:
            self._fates[self._ended.popleft()[1]] -= 1

    def _reason(self) -> str | None:
        answers, failed, unknown = len(self._ended), self._fates["failed"], self._fates["unknown"]
        if answers < LEAST_ANSWERS or failed + unknown < self._stop.failing_share * answers:
            return None
        return (
            f"{failed + unknown} of the {answers} answers of the last {format_duration(self._stop.for_s)} were not ok "
            f"({failed} failed, {unknown} unknown); the scenario stops at {self._stop.failing}"
        )
