"""What became of everything that a recording or a plan held on its way to the engine: nothing goes uncounted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from replayer.bindings import Learner


class Account:
    """Filled while a stream is read; what it says is whole once the stream has been read through."""

    def __init__(self) -> None:
        self.seen = 0  # exchanges, or steps of a plan's file
        self.began_s: float | None = None  # when the first exchange of the round started, on the recording's clock
        self.steps = 0  # given to the engine, clones and rounds included
        self.folded = 0  # exchanges that were retries of another
        self.left_out: Counter[str] = Counter()  # exchanges or steps, by reason
        self.unlinked = 0  # bindings whose source was left out: their values go as recorded
        self.doubtful = 0  # failures let go before a retry of theirs could have come
        self.bodies_unlike = 0  # request bodies that are not what their headers say
        self.messages_lost = 0  # WebSocket messages that the recording did not keep
        self.late = 0  # steps that come after ones that are due later
        self.notes: list[str] = []  # sentences on the stream as a whole
        self.learner: Learner | None = None  # of the first round; its `meaning` says what was found of values
        self.unmatched: tuple[str, ...] = ()  # patterns and sessions that nothing was found for

    def sentences(self) -> Iterator[str]:
        """What a person has to know of it, each as a sentence; nothing of a stream that is the recording as it is."""
        for reason, count in self.left_out.most_common():
            yield f"left out because {reason}: {count:,}"
        counts = {
            "recorded retries folded into the requests that they repeat": self.folded,
            "failures with too much traffic behind them to look for their retries": self.doubtful,
            "values sent as recorded, because the requests whose answers said them are left out": self.unlinked,
            "request bodies not as long as their headers say, sent as they were kept": self.bodies_unlike,
            "WebSocket messages that the recording does not have": self.messages_lost,
            "requests later than recorded, because so many started before they had ended": self.late,
        }
        yield from (f"{what}: {count:,}" for what, count in counts.items() if count)
        yield from (f"nothing in the traffic fits {pattern}" for pattern in self.unmatched)
        yield from self.notes
