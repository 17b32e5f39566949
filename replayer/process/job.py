"""What the engine's process is told before the first step, and what it says after the last."""

from __future__ import annotations

import msgspec

from foreshock.clock import Anchor
from replayer.fidelity import Fidelity
from replayer.filling.filling import Filled, Filling
from replayer.plan import Header
from replayer.target import Target


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`anchor` is the plan's start on this machine's clocks, which may lie ahead; None: `lead_s` after it was told,
    however long the engine took to be there; which is noted then.

    Requests are filled as `filling` says; None: from their bindings alone. Secrets of it go over the pipe and nowhere
    else.
    """

    header: Header
    target: Target
    filling: Filling | None = None
    anchor: Anchor | None = None
    lead_s: float = 0.2  # for the first steps to be there


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    anchor: Anchor
    fidelity: Fidelity | None = None
    filled: Filled | None = None  # where there was a filling
    cpu_s: float = 0.0  # that the engine's process took, since it had the job


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Why the engine could not go on: `usage` is the user's to mend (exit 2), the rest is ours (exit 3)."""

    message: str
    usage: bool = False
