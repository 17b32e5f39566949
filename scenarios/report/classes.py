"""How the classes of a shaken replay's steps are told, in a line."""

from __future__ import annotations

from replayer.comparing.classes import Class
from replayer.comparing.shaken import Classed
from scenarios.runrecord import Phase

_PLURAL: dict[Class, str] = {
    "duplicate effect": "duplicate effects",
    "missing effect": "missing effects",
    "wrong success": "wrong successes",
    "honest failure": "honest failures",
    "masked": "masked by a retry",
}
_GRAVE = ("duplicate effect", "missing effect", "wrong success")
_SHOWN = 2  # examples of a grave class


def class_lines(phase: Phase) -> list[str]:
    """'against the calm replay: 41 same, 3 masked by a retry, 1 hung', then the first of each grave class."""
    if not phase.classes:
        return []
    told = ", ".join(_told(each) for each in reversed(phase.classes))
    lines = [f"against the calm replay: {told}"]
    for each in phase.classes:
        if each.name in _GRAVE:
            first = (
                f"{one.route} ({one.step}{', ' + one.differs if one.differs else ''})" for one in each.first[:_SHOWN]
            )
            lines.append(f"{each.name}: {'; '.join(first)}{'; …' if each.count > _SHOWN else ''}")
    return lines


def _told(each: Classed) -> str:
    name = each.name if each.count == 1 and each.name != "masked" else _PLURAL.get(each.name, each.name)
    return f"{each.count:,} {name}"
