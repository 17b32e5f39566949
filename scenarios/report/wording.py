"""How the story words what was measured: counts, shares, lists, the road of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from replayer.plan import Plan, Step
from scenarios.runrecord import Search

_STAGES = 12


def counted(number: int, noun: str) -> str:
    """'1 request', '3 requests', '1,204 requests'."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def listed(items: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def some_of(items: Sequence[str], most: int, noun: str) -> list[str]:
    """The first `most` items, and how many more there are: ['a', 'b', '3 more signals']."""
    rest = len(items) - most
    return [*items[:most], counted(rest, f"more {noun}")] if rest > 0 else list(items)


def share(part: int, whole: int) -> str:
    """'0.5 %' of a whole that is not 0; a part that is not the whole is never rounded up to 100 %."""
    percent = 100 * part / whole
    if 99 < percent < 100:
        return f"{min(percent, 99.99):.2f} %"
    return f"{percent:.0f} %" if percent >= 10 or percent in (0, 1) else f"{percent:.1f} %"


def sentence(text: str) -> str:
    """`text` with a capital first and a full stop last."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def remarks(search: Search) -> list[str]:
    """What a search could not do, or not do all of; nothing of one that could."""
    said = {
        f"on {counted(search.unknown, 'plan')} a check could not say": search.unknown,
        "its time was over before all plans were run": search.ended == "time",
        "there was nothing left to draw": search.ended == "nothing left to draw",
        f"{counted(search.untried, 'combination')} of route, link and fault never met": search.untried,
        f"{counted(search.cut_short, 'finding')} may be smaller still: a limit was passed": search.cut_short,
        f"{counted(search.restarts, 'restart')} of a process that had died or could not be reset": search.restarts,
    }
    return [what for what, happened in said.items() if happened]


def road(plan: Plan) -> str:
    """The plan's requests in due order: 'POST /login → at once: s2 POST /pay + s9 POST /pay → GET /orders 4 times'.

    A long plan's road is told up to its twelfth stage.
    """
    several = len(sessions_of(plan.steps)) > 1
    stages: list[str] = []
    for barrier, group in groupby(plan.steps, key=lambda step: step.barrier):
        names = [f"{step.session} {step.route}" if several else step.route for step in group]
        together = barrier is not None and len(names) > 1
        runs = [_times(name, len(list(same))) for name, same in groupby(names)]
        stages += ["at once: " + " + ".join(runs)] if together else runs
    return " → ".join(some_of(stages, _STAGES, "stage"))


def _times(name: str, times: int) -> str:
    return name if times == 1 else f"{name} {times} times"


def sessions_of(steps: Sequence[Step]) -> list[str]:
    """The sessions, in the order of their first request."""
    return list(dict.fromkeys(step.session for step in steps))
