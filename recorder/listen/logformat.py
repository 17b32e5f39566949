"""What one log line says: its level, its message, its fields and its own time, be it plain text, JSON or logfmt.

Wrapped lines are unwrapped: those that Docker and containerd (CRI) keep in files have the program's own line inside.
"""

import re
from typing import Any, NamedTuple

import msgspec

from recorder.listen.stamps import Stamp, stamp_in, stamp_of

_READ_CHARS = 2000  # of a line: what is longer is a dump
_STAMP_CHARS = 40
_FIELDS = 24  # of one line
_FIELD_CHARS = 60

LEVELS = {
    "TRACE": "DEBUG", "DEBUG": "DEBUG", "INFO": "INFO", "INFORMATION": "INFO", "NOTICE": "INFO", "WARN": "WARN",
    "WARNING": "WARN", "ERROR": "ERROR", "ERR": "ERROR", "SEVERE": "ERROR", "FATAL": "FATAL", "CRITICAL": "FATAL",
    "CRIT": "FATAL", "ALERT": "FATAL", "EMERG": "FATAL", "EMERGENCY": "FATAL", "PANIC": "FATAL", "DPANIC": "FATAL",
}  # fmt: skip
_NUMBERED_LEVELS = {10: "DEBUG", 20: "INFO", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}  # pino, bunyan

_MESSAGE = ("message", "msg", "event", "@m", "@mt", "log", "short_message")
_LEVEL = ("level", "severity", "levelname", "lvl", "log.level", "loglevel", "@l")
_TIME = ("timestamp", "time", "ts", "@timestamp", "@t", "t", "datetime", "asctime")
_TELLING = frozenset(  # where a line comes from: the only fields whose values are kept
    (
        *("logger", "logger_name", "log.logger", "name", "caller", "component", "module", "service", "stream"),
        *("exception", "exception.type", "exc_type", "error.type", "err_type", "error_type", "error_code", "code"),
    )
)
_BARE = re.compile(r"[A-Za-z_][A-Za-z_.$]*")
_FIELD_NAME = re.compile(r"@?[A-Za-z_][A-Za-z_./-]*")

_CLOCK = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
_STAMPED = re.compile(  # before it stands at most a level; or it is a web server's, in brackets
    rf"[\[(<\s]*(?:(?:{'|'.join(LEVELS)})\b[\])>:,\s]*[\[(]?)?(?=\d{{4}}[-/]\d\d[-/]\d\d[T ])"
    r"|[^\[]{0,100}(?=\[\d\d/[A-Z])",
    re.IGNORECASE,
)
_LEADING_TIME = re.compile(rf"\s*[\[(]?(?:{_CLOCK})[\])]?\s*[-|:]?\s*")
_WORD_LEVEL = re.compile(rf"[\[(<]?\b({'|'.join(LEVELS)})\b[\])>]?:?", re.IGNORECASE)
_KEYED_LEVEL = re.compile(rf"\b(?:level|lvl|severity)=\"?({'|'.join(LEVELS)})\b\"?", re.IGNORECASE)
_PAIR = re.compile(r'\s*([A-Za-z_][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)')
_CRI = re.compile(r"(\S+) (?:stdout|stderr) [FP] ")


class Said(NamedTuple):
    """`level` is '' where the line does not say it; `message` is as it was written, with all that varies."""

    level: str
    message: str
    fields: tuple[tuple[str, str], ...] = ()  # as `LogLine` has them
    stamp: Stamp | None = None


def said_by(line: str) -> Said:
    """Of one line without its end. A line that is not quite JSON, or not quite logfmt, is plain text."""
    line = line[:_READ_CHARS].strip()
    if line.startswith("{") and (content := _object(line)) is not None:
        return _structured(content)
    if wrapped := _CRI.match(line):
        return said_by(line[wrapped.end() :])._replace(stamp=stamp_in(wrapped[1]))
    if (pairs := _pairs(line)) is not None:
        return _structured(pairs)
    return _plain(line)


def level_of(said: object) -> str:
    """The level that a field's value means; '' where it means none."""
    if isinstance(said, int):
        return _NUMBERED_LEVELS.get(said, "")
    return LEVELS.get(str(said).upper(), "")


def fields_of(content: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The fields of a structured line, or the attributes of a record, as `LogLine` has them."""
    named = [(name, value) for name, value in content.items() if _FIELD_NAME.fullmatch(name)][:_FIELDS]
    return tuple((name[:_FIELD_CHARS], _telling(name, value)) for name, value in named)


def _telling(name: str, value: object) -> str:
    is_kept = name.lower() in _TELLING and isinstance(value, str) and _BARE.fullmatch(value)
    return str(value)[:_FIELD_CHARS] if is_kept else ""


def _plain(line: str) -> Said:
    rest = line[match.end() :] if (match := _LEADING_TIME.match(line)) else line
    found = _KEYED_LEVEL.search(rest) or _early(_WORD_LEVEL.search(rest))
    if found:
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    stamped = _STAMPED.match(line)
    stamp = stamp_in(line[stamped.end() : stamped.end() + _STAMP_CHARS]) if stamped else None
    return Said(LEVELS[found[1].upper()] if found else "", rest, stamp=stamp)


def _early(match: re.Match[str] | None) -> re.Match[str] | None:
    """A level stands at the beginning, and in capitals where words came before; elsewhere the word is a word."""
    return match if match and (match.start() < 2 or (match.start() < 80 and match[1].isupper())) else None


def _object(line: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None


def _pairs(line: str) -> dict[str, Any] | None:
    """The pairs of a logfmt line; None where it is none, which has a level or a message and nothing but pairs."""
    pairs: dict[str, Any] = {}
    place = 0
    while match := _PAIR.match(line, place):
        pairs[match[1]] = _unquoted(match[2])
        place = match.end()
    is_logfmt = place == len(line) and any(name in pairs for name in (*_MESSAGE, *_LEVEL))
    return pairs if is_logfmt else None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _structured(content: dict[str, Any]) -> Said:
    message_key, message = _first(content, _MESSAGE)
    level_key, level = _first(content, _LEVEL)
    time_key, time = _first(content, _TIME)
    stamp = stamp_of(time)
    if message_key == "log" and isinstance(message, str):  # Docker's: the program's own line
        inner = said_by(message)
        return inner._replace(level=inner.level or level_of(level), stamp=stamp)
    rest = {name: value for name, value in content.items() if name not in (message_key, level_key, time_key)}
    text = message if isinstance(message, str) and message else " ".join(name for name, _ in fields_of(rest))
    return Said(level_of(level), text, fields_of(rest), stamp)


def _first(content: dict[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """The first of `names` that is there and has a plain value, and that; dotted ones may be nested. ('', '')."""
    for name in names:
        if isinstance(value := content.get(name), str | int | float):
            return name, value
        head, _, tail = name.partition(".")
        if tail and isinstance(inner := content.get(head), dict) and isinstance(inner.get(tail), str | int):
            return name, inner[tail]
    return "", ""
