"""Faults, edits and places in plain words, for titles and for what is necessary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from faults.fault import Fault
from foreshock.duration import format_duration
from replayer.plan import (
    Abandon,
    Actor,
    Burst,
    Drop,
    Edit,
    Insert,
    Pause,
    Plan,
    Rebind,
    Redeliver,
    Reorder,
    Repeat,
    Reshape,
    Value,
    Wait,
)
from scenarios.downstream import Caused
from scenarios.explore.cuts import sent_together

_LONGEST_VALUE = 40  # characters

# What a link did, as it reads after "while <link>". A kind that is not here is named.
_DID: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "slow": lambda args: f"answered {args['latency_ms']} ms late",
    "stall": lambda args: "went silent",
    "lost_reply": lambda args: "lost the reply",
    "cut_reply": lambda args: f"cut the reply after {args['after_bytes']} bytes",
    "reset": lambda args: "reset the connection",
    "down": lambda args: "refused connections",
    "brownout": lambda args: f"answered later and later, up to {args['latency_ms']} ms",
    "flapping": lambda args: "went down and came back in turns",
    "trickle": lambda args: f"answered in pieces of {args['chunk_bytes']} bytes",
    "thin_pipe": lambda args: f"carried {args['kb_per_s']} kB/s",
    "slow_close": lambda args: f"passed closes on {args['delay_ms']} ms late",
}


def did(fault: Fault) -> str:
    """'payments lost the reply', 'payments answered 300 ms late'."""
    say = _DID.get(fault.kind)
    return f"{fault.link} {say(fault.args) if say else f'had {fault.kind}'}"


def fault_words(fault: Fault, plan: Plan) -> str:
    """'fault lost_reply on payments during POST /checkout'."""
    arguments = "".join(f" {name}={value}" for name, value in fault.args.items())
    some = f", {100 * fault.fraction:g} % of its {fault.per}s" if fault.fraction is not None else ""
    return f"fault {fault.kind}{arguments} on {fault.link} {_when(fault, plan)}{some}"


def edit_words(edit: Edit, plan: Plan) -> str:
    """'value qty=12 in POST /cart/items (recorded: 2)', '2 x POST /checkout together', ..."""
    match edit:
        case Burst():
            routes = [step.route for step in sent_together(edit, plan)]
            return f"{routes_in_words(routes) or 'requests that are left out'} together"
        case Drop(was=step):
            return f"{step.route} left out"
        case Insert(new=new):
            return f"{new.route} after {route_of(plan, new.after[0])}"
        case _:
            return _in_words(edit, route_of(plan, edit.step), plan)


def _in_words(
    edit: Value | Reshape | Rebind | Repeat | Redeliver | Reorder | Wait | Pause | Abandon | Actor,
    route: str,
    plan: Plan,
) -> str:
    """Of an edit about one step, which is of `route`."""
    match edit:
        case Value(place=place, now=now, was=was):
            return f"value {field_name(place)}={short(now)} in {route} (recorded: {short(was)})"
        case Reshape(place=place, how=how, value=value):
            return f"{_RESHAPED[how].format(name=field_name(place), value=short(value))} {route}"
        case Rebind(into=into, from_=from_, was=was):
            said = f"{route_of(plan, from_)} ({from_}) answered, not as {was.from_} did"
            return f"{field_name(into)} in {route} as {said}"
        case Repeat(of=of):
            return f"{route_of(plan, of)} once more"
        case Redeliver(of=of, after=after):
            later = f" after {route_of(plan, after)}" if after != of else ""
            return f"{route_of(plan, of)} delivered once more{later}, the very same request"
        case Reorder():
            return f"{route} at another time"
        case Wait(for_=for_):
            return f"{route} only after {route_of(plan, for_)} ({for_})"
        case Pause(pause_s=pause_s):
            return f"a pause of {format_duration(pause_s)} before {route}"
        case Abandon(after_s=after_s):
            return f"{route} given up by its client after {format_duration(after_s)}"
        case Actor():
            return f"{route} by another session"


_RESHAPED = {"drop": "no {name} in", "double": "{name} twice, {value} besides, in", "add": "a new {name}={value} in"}


def caused_words(each: Caused, plan: Plan) -> str:
    """'POST /checkout (s7) asked payments for POST /charges 2 times, one an exact repeat of the other'."""
    times = "once" if each.times == 1 else f"{each.times:,} times"
    said = [f"asked {each.link} for {each.route} {times}", *_repeats(each)]
    if each.broken:
        which = f"{each.broken:,} not" if each.broken < each.times else "none" if each.times > 1 else "not"
        said.append(f"{which} answered whole")
    if each.step is None:
        return f"the system {', '.join(said)}: for which step is not known"
    by = " (the step is told by time alone)" if each.by == "time" else ""
    return f"{route_of(plan, each.step)} ({each.step}) {', '.join(said)}{by}"


def _repeats(each: Caused) -> list[str]:
    if not each.repeats:
        return []
    if each.times == 2:
        return ["one an exact repeat of the other"]
    return [f"{each.repeats:,} of them {'an exact repeat' if each.repeats == 1 else 'exact repeats'}"]


def routes_in_words(routes: list[str]) -> str:
    """'2 x POST /checkout and DELETE /cart': each route once, in the order of its first."""
    counted = {route: routes.count(route) for route in routes}
    return " and ".join(f"{count} x {route}" if count > 1 else route for route, count in counted.items())


def field_name(place: str) -> str:
    """What people call a place: 'qty' for 'json:$.qty', 'page' for 'query:page', 'path segment 2' for 'path:2'."""
    kind, _, rest = place.partition(":")
    if kind == "path":
        return f"path segment {rest}"
    return rest.removeprefix("$.") if kind == "json" else rest


def short(value: Any) -> str:
    """The value as JSON has it, text without quotes, at most 40 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def route_of(plan: Plan, step_id: str) -> str:
    """The route of a step; the id itself where the step has been cut away."""
    return next((step.route for step in plan.steps if step.id == step_id), step_id)


def _when(fault: Fault, plan: Plan) -> str:
    if fault.window is not None:
        whole = fault.window.from_ in ("0%", "0s") and fault.window.for_ == "100%"
        return "all the time" if whole else f"from {fault.window.from_} for {fault.window.for_}"
    if fault.nth is not None:
        return f"at the {fault.nth.n}. {fault.nth.route or 'connection'}"
    at = fault.at
    assert at is not None
    word = "before" if at.before else "during" if at.while_ else "after"
    return f"{word} {route_of(plan, at.step)}"
