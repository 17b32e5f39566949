"""Log lines as they come from a process, masked: what varies from line to line, and may be private, is never kept."""

import json
import re
from collections import deque
from typing import Any

from foreshock.clock import Clock
from recorder.listen.signal import LogLine

_KEPT_LINES = 100_000  # of one source; the oldest are forgotten, and counted
_READ_CHARS = 2000  # of a line: what is longer is a dump
_TEMPLATE_CHARS = 300

_LEVELS = {
    "TRACE": "DEBUG", "DEBUG": "DEBUG", "INFO": "INFO", "NOTICE": "INFO", "WARN": "WARN", "WARNING": "WARN",
    "ERROR": "ERROR", "ERR": "ERROR", "SEVERE": "ERROR", "FATAL": "FATAL", "CRITICAL": "FATAL", "PANIC": "FATAL",
}  # fmt: skip
_NUMBERED_LEVELS = {10: "DEBUG", 20: "INFO", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}  # pino, bunyan

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
_LEADING_TIME = re.compile(rf"\s*[\[(]?(?:{_TIME})[\])]?\s*[-|:]?\s*")
_LEVEL = re.compile(rf"[\[(<]?\b({'|'.join(_LEVELS)})\b[\])>]?:?", re.IGNORECASE)
_KEYED_LEVEL = re.compile(rf"\b(?:level|lvl|severity)=\"?({'|'.join(_LEVELS)})\b\"?", re.IGNORECASE)
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
    """(level, template) of one log line, plain or JSON. The level is '' where the line does not say it."""
    line = line[:_READ_CHARS].strip()
    if line.startswith("{") and (said := _from_json(line)) is not None:
        return said
    rest = line[match.end() :] if (match := _LEADING_TIME.match(line)) else line
    found = _KEYED_LEVEL.search(rest) or _early(_LEVEL.search(rest))
    level = _LEVELS[found[1].upper()] if found else ""
    if found:
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    return level, mask(rest)


def mask(text: str) -> str:
    """The text with `<*>` for all that varies: numbers, hex, ids, quoted strings, addresses, times."""
    masked = _VARIES.sub(_MASK, text)
    return re.sub(r"\s+", " ", masked).strip()[:_TEMPLATE_CHARS]


def _early(match: re.Match[str] | None) -> re.Match[str] | None:
    """A level stands at the beginning, and in capitals where words came before; elsewhere the word is a word."""
    return match if match and (match.start() < 2 or (match.start() < 80 and match[1].isupper())) else None


def _from_json(line: str) -> tuple[str, str] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    message = next((content[name] for name in ("message", "msg", "event") if isinstance(content.get(name), str)), "")
    level = next((content[name] for name in ("level", "severity", "levelname", "lvl") if name in content), "")
    return _level(level), mask(message)


def _level(said: Any) -> str:
    if isinstance(said, int):
        return _NUMBERED_LEVELS.get(said, "")
    return _LEVELS.get(str(said).upper(), "")


class LogListener:
    """Is fed the lines of one source, and keeps their templates. Bounded: `forgotten` counts the oldest lines, gone."""

    def __init__(self, source: str, clock: Clock, *, kept_lines: int = _KEPT_LINES) -> None:
        self.source = source
        self.forgotten = 0
        self._clock = clock
        self._lines: deque[LogLine] = deque(maxlen=kept_lines)

    def feed(self, line: str | bytes) -> LogLine | None:
        """Takes one line as it came, at the moment it came; None for an empty one."""
        level, template = template_of(line if isinstance(line, str) else line.decode("utf-8", "replace"))
        if not template and not level:
            return None
        kept = LogLine(self._clock(), self.source, level, template)
        self.forgotten += len(self._lines) == self._lines.maxlen
        self._lines.append(kept)
        return kept

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """In the order in which they came."""
        return tuple(self._lines)

    def since(self, t_s: float) -> tuple[LogLine, ...]:
        """Those that came at `t_s` or later, in the order in which they came."""
        late: list[LogLine] = []
        for line in reversed(self._lines):
            if line.t_s < t_s:
                break
            late.append(line)
        return tuple(reversed(late))
