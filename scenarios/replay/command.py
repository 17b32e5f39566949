"""`foreshock replay`, on the terminal."""

from __future__ import annotations

import sys

from scenarios.replay.order import ReplayOrder
from scenarios.replay.running import run_replay
from scenarios.replay.telling import Telling
from scenarios.report.console import console_on


def replay_traffic(order: ReplayOrder) -> int:
    """0 if the answers were as recorded, 1 if not, 3 if that cannot be said; 130 or 143 where it was stopped."""
    return run_replay(order, Telling(console_on(sys.stdout)))
