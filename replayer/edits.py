"""Changing a plan: every edit, undoing one alone, and the plans that are made from another.

Each function gives a new plan; the one it was given stays as it was.
"""

from replayer.abandoning import abandon
from replayer.acting import act_as
from replayer.changes import burst, drop, reorder, repeat, set_value
from replayer.inserting import insert, insert_as, redeliver
from replayer.rebinding import rebind
from replayer.reshaping import reshape
from replayer.reverting import control, revert, undo
from replayer.trimming import compressed, slice_sessions, without_steps
from replayer.waiting import pause, wait

__all__ = [
    "abandon",
    "act_as",
    "burst",
    "compressed",
    "control",
    "drop",
    "insert",
    "insert_as",
    "pause",
    "rebind",
    "redeliver",
    "reorder",
    "repeat",
    "reshape",
    "revert",
    "set_value",
    "slice_sessions",
    "undo",
    "wait",
    "without_steps",
]
