"""What a systemd unit writes, as `journalctl -o json --follow` tells it.

https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format: a field is text, a list of bytes where it is no UTF-8,
null where it is too long, and a list of these where it was given more than once.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from foreshock.clock import Clock
from recorder.listen.command import CommandEar
from recorder.listen.logformat import Said, said_by
from recorder.listen.logs import LINES_PER_S
from recorder.listen.stamps import Stamp

_LEVELS = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")  # syslog's, from emerg to debug


class JournalEar(CommandEar):
    def __init__(self, source: str, unit: str, clock: Clock, *, per_s: float = LINES_PER_S) -> None:
        super().__init__(f"journal={unit!r}", source, Journal(unit), clock, per_s=per_s)


class Journal:
    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._cursor = ""  # of the entry that was read last

    def command(self) -> Sequence[str]:
        since = f"--after-cursor={self._cursor}" if self._cursor else "--lines=0"
        return ["journalctl", "--output=json", "--follow", "--no-pager", since, f"--unit={self._unit}"]

    def read(self, line: str) -> Said | str | None:
        """The priority is the level where the message does not say one; systemd's is INFO for all that it is given."""
        try:
            entry = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            return line
        self._cursor = _text(entry.get("__CURSOR"))
        said = said_by(_text(entry.get("MESSAGE")))
        return said._replace(level=said.level or _level(_text(entry.get("PRIORITY"))), stamp=_stamp(entry))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value).decode("utf-8", "replace")
    return _text(value[0]) if isinstance(value, list) else ""


def _level(priority: str) -> str:
    return _LEVELS[int(priority)] if priority in "01234567" and len(priority) == 1 else ""


def _stamp(entry: dict[str, Any]) -> Stamp | None:
    """When it was said, by the one who said it; else when the journal took it."""
    micros = _text(entry.get("_SOURCE_REALTIME_TIMESTAMP")) or _text(entry.get("__REALTIME_TIMESTAMP"))
    return Stamp(int(micros) / 1e6, 1e-6) if micros.isdecimal() else None
