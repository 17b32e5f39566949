"""How the story words odds: how often a plan fails, what raises that, and from which magnitude on a fault breaks it."""

from __future__ import annotations

from scenarios.finding import Amplified, Evidence, Threshold

_UNITS = {"ms": "ms", "bytes": "bytes", "s": "s"}


def odds_told(evidence: Evidence) -> str:
    """' (34-74 %)': the interval that holds the true odds in 95 of 100 cases.

    Nothing where all runs came out the same, nor of a file of before, which has none.
    """
    if evidence.fails in (0, evidence.of) or (evidence.low, evidence.high) == (0, 1):
        return ""
    return f" ({100 * evidence.low:.0f}-{100 * evidence.high:.0f} %)"


def amplified_told(amplified: Amplified | None) -> list[str]:
    """'with 6 at once 18 of 20 show it (70-97 %); the control, 0 of 20'; nothing where nothing was amplified."""
    if amplified is None:
        return []
    seen = amplified.evidence
    return [
        f"with {amplified.what} {seen.fails} of {seen.of} show it{odds_told(seen)}; "
        f"the control of that, {seen.control_fails} of {seen.control_of}"
    ]


def threshold_told(threshold: Threshold) -> str:
    """'the fault slow on payments breaks it from 1,180 ms, and holds at 1,150 ms'."""
    magnitude, unit = threshold.argument.rsplit("_", 1) if "_" in threshold.argument else (threshold.argument, "")
    named = "" if magnitude == "latency" else f" ({threshold.argument})"
    unit = f" {_UNITS[unit]}" if unit in _UNITS else ""
    if threshold.holds_at is None:
        return (
            f"the fault {threshold.fault} breaks it at whatever magnitude{named}: also at {threshold.breaks_at:,}{unit}"
        )
    word = "from" if threshold.breaks_at > threshold.holds_at else "up to"
    return (
        f"the fault {threshold.fault} breaks it {word} {threshold.breaks_at:,}{unit}{named} "
        f"({threshold.breaks_fails} of {threshold.breaks_of}), and holds at {threshold.holds_at:,}{unit} "
        f"(0 of {threshold.holds_of})"
    )
