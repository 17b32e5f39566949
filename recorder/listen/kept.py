"""What was heard, kept in bounded memory: the oldest is forgotten, and counted."""

from collections import Counter, deque
from typing import TypeVar

from recorder.listen.signal import LogLine, Sample, Signal, Span

_SAMPLES = 500_000
_LINES = 100_000
_SPANS = 100_000

One = TypeVar("One", Sample, LogLine, Span)


class Kept:
    """Takes signals from one thread at a time. What was before `since_s`, held up on its way until now, is not kept."""

    def __init__(
        self,
        since_s: float = float("-inf"),
        *,
        samples: int = _SAMPLES,
        lines: int = _LINES,
        spans: int = _SPANS,
    ) -> None:
        self.lost: Counter[str] = Counter()
        self.forgotten = Counter({"samples": 0, "log lines": 0, "spans": 0})
        self._since_s = since_s
        self._from_before = 0
        self._samples: deque[Sample] = deque(maxlen=samples)
        self._lines: deque[LogLine] = deque(maxlen=lines)
        self._spans: deque[Span] = deque(maxlen=spans)

    def hear(self, signal: Signal) -> None:
        if signal.t_s < self._since_s:
            self._from_before += self._since_s < float("inf")
            return
        match signal:
            case Sample():
                self._keep(self._samples, signal, "samples")
            case LogLine():
                self._keep(self._lines, signal, "log lines")
            case Span():
                self._keep(self._spans, signal, "spans")

    def lose_signals(self, reason: str, count: int = 1) -> None:
        self.lost[reason] += count

    @property
    def samples(self) -> tuple[Sample, ...]:
        """In the order in which they came."""
        return tuple(self._samples)

    @property
    def log_lines(self) -> tuple[LogLine, ...]:
        """In order of time."""
        return tuple(sorted(self._lines, key=lambda line: line.t_s))

    @property
    def spans(self) -> tuple[Span, ...]:
        """In the order in which they ended."""
        return tuple(sorted(self._spans, key=lambda span: span.t_s))

    @property
    def losses(self) -> tuple[str, ...]:
        """What was not heard, or heard and not kept: a sentence each."""
        said = [f"{reason} ({count} times)" if count > 1 else reason for reason, count in self.lost.items()]
        if self._from_before:
            said.append(f"{self._from_before} signals were from before it began, and came late")
        forgotten = {what: count for what, count in self.forgotten.items() if count}
        return (*said, *(f"the oldest {count} {what} were forgotten" for what, count in forgotten.items()))

    def _keep(self, kept: deque[One], one: One, what: str) -> None:
        if len(kept) == kept.maxlen:
            self.forgotten[what] += 1
        kept.append(one)
