"""The table of kinds, and a fault as the course of its toxics."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from faults.catalogue import (
    brownout,
    cut_reply,
    down,
    flapping,
    lost_reply,
    reset,
    slow,
    slow_close,
    stall,
    thin_pipe,
    toxic,
    trickle,
)
from faults.catalogue.kind import Kind, Sign
from faults.catalogue.stretch import Stretch
from faults.course import Course
from faults.fault import Fault

# A search goes through them in this order: what is new comes last, so that what a seed finds stays early.
_MODULES = (slow, stall, lost_reply, cut_reply, reset, down, brownout, flapping, trickle, thin_pipe, slow_close, toxic)

KINDS: Mapping[str, Kind] = MappingProxyType({module.KIND.name: module.KIND for module in _MODULES})


def compile_fault(fault: Fault, span_s: float | None) -> Course:
    """The course of `fault`; `span_s` is how long it will be on (its window), None where nobody knows (at, nth).

    Toxics are named after the fault's id, quoted, so that no two faults' names meet on one link. Raises ValueError
    naming the fault, what was wrong and what is allowed.
    """
    kind = KINDS.get(fault.kind)
    if kind is None:
        raise ValueError(f"fault {fault.id!r}: kind={fault.kind!r}: expected one of {', '.join(KINDS)}")
    try:
        kind.check(fault.args)
        if fault.ramp is not None and not kind.ramps:
            growing = ", ".join(name for name, each in KINDS.items() if each.ramps)
            raise ValueError(f"it has no magnitude that grows; leave the ramp out (kinds with one: {growing})")
        return kind.course(quote(fault.id, safe=" @"), Stretch(span_s, fault.ramp), **fault.args)
    except ValueError as error:
        raise ValueError(f"fault {fault.id!r}: {kind.name}: {error}") from None


def signs_of(fault: Fault) -> frozenset[Sign]:
    """What a hit of `fault`, which was compiled before, may look like: its kind's signs, or its own toxic's."""
    return toxic.signs(fault.args["type"]) if fault.kind == toxic.KIND.name else KINDS[fault.kind].signs
