"""Log lines as they come from a process, masked: what varies from line to line, and may be private, is never kept."""

import re
import time
from collections.abc import Callable

from foreshock.clock import Clock
from recorder.listen.logformat import Said, said_by
from recorder.listen.rate import Rate
from recorder.listen.signal import LogLine
from recorder.listen.skew import Skew

LINES_PER_S = 5000.0  # of one source; what is beyond is counted

_TEMPLATE_CHARS = 300

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
_VARIES = re.compile(
    rf"""
      "(?:[^"\\]|\\.)*" | (?<!\w)'[^']*'(?!\w) | `[^`]*`      # quoted text; an apostrophe opens none
    | {_TIME}
    | [^\s"'<>@=]+@[^\s"'<>@]+\.\w+                              # an e-mail address
    | (?<![\w/])https?://[^\s"'>]+                               # a whole address: its path may hold anything
    | \b(?:bearer|basic|token|password|secret|apikey|api_key)\b[=: ]+\S+
    | [A-Za-z0-9+/_.:-]*\d[A-Za-z0-9+/_:-]*(?:[.,%][A-Za-z0-9+/_:-]+)*%?   # whatever holds a digit: number, id, hash
    | \b[0-9a-fA-F]{{12,}}\b
    | \b[A-Za-z0-9+/_-]{{32,}}={{0,2}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MASK = "<*>"


def template_of(line: str) -> tuple[str, str]:
    """(level, template) of one log line: plain, JSON or logfmt. The level is '' where the line does not say it."""
    said = said_by(line)
    return said.level, mask(said.message)


def mask(text: str) -> str:
    """The text with `<*>` for all that varies: numbers, hex, ids, quoted strings, addresses, times."""
    masked = _VARIES.sub(_MASK, text)
    return re.sub(r"\s+", " ", masked).strip()[:_TEMPLATE_CHARS]


class LogListener:
    """Is fed the lines of one source and gives what is kept of each; `refused` counts those beyond `per_s`.

    Lines are placed by when they came; those with a time of their own that were held up on their way (a buffer, a
    collector) by that, with the source's `skew` taken out.
    """

    def __init__(
        self, source: str, clock: Clock, *, per_s: float = LINES_PER_S, wall: Callable[[], float] = time.time
    ) -> None:
        self.source = source
        self.refused = 0
        self.skew = Skew(clock() - wall())
        self._clock = clock
        self._rate = Rate(per_s)

    def feed(self, line: str | bytes, came_s: float | None = None) -> LogLine | None:
        """Takes one line as it was written, that came at `came_s` or now; None for an empty one, and for a refused."""
        came_s = self._clock() if came_s is None else came_s
        if not self.allows(came_s):
            return None
        return self.take(said_by(line if isinstance(line, str) else line.decode("utf-8", "replace")), came_s)

    def allows(self, came_s: float) -> bool:
        """Whether a line that came then is taken; counts it if not."""
        is_taken = self._rate.allows(came_s)
        self.refused += not is_taken
        return is_taken

    def take(self, said: Said, came_s: float) -> LogLine | None:
        """The same of a line that somebody else has read, and asked for."""
        template = mask(said.message)
        if not template and not said.level:
            return None
        t_s = self.skew.place(came_s, *said.stamp) if said.stamp else came_s
        return LogLine(t_s, self.source, said.level, template, said.fields)
