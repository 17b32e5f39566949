"""Changing a plan: every edit, undoing one alone, and the plans that are made from another.

Each function gives a new plan; the one it was given stays as it was.
"""

from replayer.acting import act_as
from replayer.changes import burst, drop, reorder, repeat, set_value
from replayer.reverting import control, revert, undo
from replayer.trimming import compressed, slice_sessions, without_steps

__all__ = [
    "act_as",
    "burst",
    "compressed",
    "control",
    "drop",
    "reorder",
    "repeat",
    "revert",
    "set_value",
    "slice_sessions",
    "undo",
    "without_steps",
]
