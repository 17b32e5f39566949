"""The times that log lines stamp themselves with, as Unix time. A time without a zone is taken for UTC: where it was
not, the whole hours show as skew, and are corrected as such."""

import math
import re
from calendar import month_abbr
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

_MONTHS = {name: number for number, name in enumerate(month_abbr) if name}

_ISO = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]"
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r"[ ]?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_COMMON = re.compile(  # of web servers: 10/Oct/2000:13:55:36 -0700
    r"(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):"
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?P<part>)(?:[ ](?P<zone>[+-]\d{4}))?"
)
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0))  # from 1973 on, told apart by their size


class Stamp(NamedTuple):
    wall_s: float
    resolution_s: float  # what its last digit stands for


def stamp_in(text: str) -> Stamp | None:
    """The first time with a date in `text`; None where there is none."""
    for form in (_ISO, _COMMON):
        if (match := form.search(text)) and (stamp := _stamp(match)):
            return stamp
    return None


def stamp_of(value: object) -> Stamp | None:
    """Of a field's value: text, or a number of seconds, milliseconds, microseconds or nanoseconds since 1970."""
    if isinstance(value, str):
        if stamp := stamp_in(value):
            return stamp
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return next((_epoch(value, unit_s) for least, unit_s in _EPOCHS if value >= least), None)


def _epoch(value: float, unit_s: float) -> Stamp:
    whole = unit_s if isinstance(value, int) or value.is_integer() else unit_s / 1000
    return Stamp(value * unit_s, min(whole, 1.0))


def _stamp(match: re.Match[str]) -> Stamp | None:
    month = match["month"]
    part = match["part"] or ""
    try:
        moment = datetime(
            int(match["year"]), int(month) if month.isdigit() else _MONTHS[month], int(match["day"]),
            int(match["hour"]), int(match["minute"]), int(match["second"]), tzinfo=_zone(match["zone"]),
        )  # fmt: skip
    except (ValueError, KeyError):
        return None
    return Stamp(moment.timestamp() + float(f"0.{part or 0}"), 10.0 ** -len(part))


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
