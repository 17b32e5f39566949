"""Durations as people write them: '20s', '500ms', '2m', '1h'; and offsets in a run: a duration or '30%'."""

import re

import msgspec

_UNIT_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


def parse_duration_s(text: str) -> float:
    """Seconds of a duration such as '20s' or '1m30s'. Raises ValueError naming what is allowed."""
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError(f"expected a duration such as '20s' or '500ms', got {text!r}")
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


def format_duration(seconds: float) -> str:
    """The shortest form that a person reads at a glance: '350 ms', '4.2 s', '3 m 05 s'."""
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} m {int(seconds % 60):02d} s"


class Offset(msgspec.Struct, frozen=True):
    """A place on a run's clock: `value` seconds, or per cent of the run when `percent`."""

    value: float
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> "Offset":
        """'20s' or '30%'. Raises ValueError naming what is allowed."""
        match = _PERCENT.fullmatch(text)
        if not match:
            try:
                return cls(parse_duration_s(text))
            except ValueError:
                raise ValueError(f"expected '20s', '500ms' or '30%', got {text!r}") from None
        value = float(match[1])
        if value > 100:
            raise ValueError(f"expected at most '100%', got {text!r}")
        return cls(value, percent=True)

    def seconds(self, run_s: float) -> float:
        """Seconds on a run that lasts `run_s`."""
        return run_s * self.value / 100 if self.percent else self.value
