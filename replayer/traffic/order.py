"""What each step followed: the steps of its session that had ended when it started."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple


class _Sent(NamedTuple):
    step: str
    number: int
    started_s: float
    ended_s: float


class Order:
    """Per session, the steps that a new one is known to have followed: the latest that had ended when it started.

    Steps more than `horizon_steps` back are forgotten, so that memory does not grow with the recording.
    """

    def __init__(self, horizon_steps: int) -> None:
        self._horizon_steps = horizon_steps
        self._number = 0
        self._sessions: OrderedDict[str, list[_Sent]] = OrderedDict()  # the one met longest ago first

    def after(self, step: str, session: str, started_s: float, ended_s: float) -> tuple[str, ...]:
        """The steps that had ended before this one started, but those that another of them followed in turn."""
        self._number += 1
        self._forget()
        held = self._sessions.pop(session, [])
        heads, needed = _after(held, started_s)
        self._sessions[session] = [*needed, _Sent(step, self._number, started_s, ended_s)]
        return tuple([sent.step for sent in heads])

    def _forget(self) -> None:
        oldest = self._number - self._horizon_steps
        while self._sessions:
            session, held = next(iter(self._sessions.items()))
            if held[-1].number > oldest:
                return
            del self._sessions[session]


def _after(held: list[_Sent], started_s: float) -> tuple[list[_Sent], list[_Sent]]:
    """Whom one that starts now follows, and who is needed for those that come later."""
    if not held or (len(held) == 2 and _before(held[0], held[1]) and held[1].ended_s <= started_s):
        return held[1:], held[1:]  # a client that does one thing after the other
    ended = [sent for sent in held if sent.ended_s <= started_s]
    latest_s = max((sent.started_s for sent in ended), default=0.0)
    heads = [sent for sent in ended if sent.ended_s > latest_s or sent.started_s == latest_s]
    # Whoever is followed by a head is behind every later step too, and is not needed again.
    return heads, [sent for sent in held if sent not in ended or sent in heads]


def _before(one: _Sent, other: _Sent) -> bool:
    return one.started_s < other.started_s >= one.ended_s
