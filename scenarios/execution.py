"""One plan run for real on one instance of the system under test: the seam between running and searching.

Whoever searches (`scenarios.explore`), reproduces or replays calls a `Runner` and judges the `Execution` that comes
back; whoever runs (`scenarios.system`) knows nothing of why.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from recorder.listen.signal import LogLine, Sample, Span
from replayer.outcome import History
from replayer.plan import Plan
from scenarios.finding import CheckResult, Verdict
from scenarios.hearing import Listened
from scenarios.resources.view import View


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of `plan` met: history, verdicts of the declared checks, and the signals of the system meanwhile.

    Times are seconds on the run's clock, those of `log_lines` and `samples` too. The history's own times count from
    the start of the replay, which `replay_started_s` places on the run's clock.
    """

    plan: Plan
    history: History
    results: tuple[CheckResult, ...]
    instance: int
    started_s: float
    ended_s: float
    replay_started_s: float = 0.0
    log_lines: tuple[LogLine, ...] = ()  # what the instance's processes said meanwhile, in order of time
    samples: tuple[Sample, ...] = ()  # metrics read before and after
    spans: tuple[Span, ...] = ()  # that ended meanwhile, where OTLP is heard
    losses: tuple[str, ...] = ()  # what of the signals was not heard, a sentence each
    listened: Listened | None = None  # what hearing them cost us
    target: str = ""  # URL that the plan was sent to
    closing: tuple[View, ...] = ()  # what was read when all was over, where somebody wants to know
    dead: str = ""  # why nothing that the system shows at the end can be trusted: 'process shop has ended'

    @property
    def violated(self) -> tuple[str, ...]:
        """Names of the violated checks, in order."""
        return tuple(result.check for result in self.results if result.verdict == "violated")

    def verdict(self, check: str) -> Verdict:
        """The check's; 'unknown' if it was not among those made."""
        return next((result.verdict for result in self.results if result.check == check), "unknown")


Runner = Callable[[Plan], Awaitable[Execution]]
