"""What the system asked for on its links, in words: a line a link, with calm beside it where it was another."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.downstream import LinkUse
from scenarios.report.wording import counted
from scenarios.runrecord import Phase


def link_lines(phase: Phase, phases: Iterable[Phase]) -> list[tuple[str, str]]:
    """(link, what it carried) of `phase`, against the calm one among `phases`; a link that calm used is never left out.

    '62 requests (calm 41) · 1.5 for each of 41 steps (calm 1), at most 4 · 3 exact repeats · 2 not answered whole'.
    """
    calm = next((each for each in phases if each.name == "calm" and each.name != phase.name), None)
    before = {use.link: use for use in calm.links} if calm else {}
    now = {use.link: use for use in phase.links}
    told = []
    for link in dict.fromkeys([*now, *before]):
        use = now.get(link, LinkUse(link=link))
        told.append((link, _carried(use, before.get(link, LinkUse(link=link)) if calm else use)))
    return told


def uses(phases: Iterable[Phase]) -> list[tuple[str, str, LinkUse]]:
    """(link, phase's name, what it carried): link by link, so that calm and shaken stand one above the other."""
    told = [(use.link, phase.name, use) for phase in phases for use in phase.links]
    order = list(dict.fromkeys(link for link, _, _ in told))
    return sorted(told, key=lambda each: order.index(each[0]))


def unheard(phase: Phase) -> list[str]:
    """What of the phase was not heard: signals, and requests on its links; a sentence each."""
    if not phase.calls_forgotten:
        return list(phase.losses)
    more = counted(phase.calls_forgotten, "more request")
    return [*phase.losses, f"at most {more} on the links: the taps had no room for them, no count has them"]


def number(value: float) -> str:
    """'1.5', '2', '0.3'."""
    return f"{value:,.1f}".removesuffix(".0")


def _carried(use: LinkUse, calm: LinkUse) -> str:
    """`calm` is `use` itself where there is no other to compare with."""
    parts = [
        f"{counted(use.calls, 'request')}{_beside(use.calls, calm.calls)}",
        _each(use, calm),
        _count(use.repeats, calm.repeats, "exact repeat" if use.repeats == 1 else "exact repeats"),
        _count(use.broken, calm.broken, "not answered whole"),
        _count(use.unattributed, use.unattributed, "of no known step"),
        _count(use.uncompared, use.uncompared, "too long to be compared"),
    ]
    return " · ".join(filter(None, parts))


def _each(use: LinkUse, calm: LinkUse) -> str:
    if use.per_step is None:
        return ""
    beside = "" if calm.per_step is None else _beside(use.per_step, calm.per_step)
    which = "1 step" if use.steps == 1 else f"each of {use.steps:,} steps"
    most = f", at most {use.most:,}" if use.steps > 1 else ""
    return f"{number(use.per_step)} for {which}{beside}{most}"


def _count(count: int, calm: int, what: str) -> str:
    return f"{count:,} {what}{_beside(count, calm)}" if count or calm else ""


def _beside(value: float, calm: float) -> str:
    """' (calm 1.2)' where that reads otherwise."""
    return "" if number(value) == number(calm) else f" (calm {number(calm)})"
