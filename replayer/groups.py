"""Groups of sessions that hang on each other: one is bound to what another was answered, follows it, or meets it at a
barrier. Workers are dealt whole groups, for an answer is known only where it came.

One pass over the steps (union-find, the one that came first on top): memory grows with the sessions, and with the
horizon of the plan, not with its steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from replayer.plan import Step

_SESSIONS = 1_000_000  # in groups with others; those that come later stay apart, counted


class Groups:
    """Told of every step in due order. A group is called by its session that came first, whatever joined them when."""

    def __init__(self, horizon_steps: int = 100_000) -> None:
        self.split = 0  # joins that there was no room for: those sessions may be dealt apart
        self._horizon_steps = horizon_steps
        self._steps: deque[str] = deque()
        self._session_of: dict[str, str] = {}  # of the steps within the horizon
        self._at_barrier: dict[str, str] = {}
        self._barriers_due_s = 0.0
        self._above: dict[str, str] = {}  # a session -> one of its group that came before it
        self._came: dict[str, int] = {}  # which session it was, from 1

    @classmethod
    def of(cls, steps: Iterable[Step], horizon_steps: int = 100_000) -> Groups:
        groups = cls(horizon_steps)
        for step in steps:
            groups.meet(step)
        return groups

    def meet(self, step: Step) -> None:
        """Takes in one more step."""
        self._came.setdefault(step.session, len(self._came) + 1)
        for other in (*(binding.from_ for binding in step.bindings), *step.after):
            session = self._session_of.get(other)
            if session is not None and session != step.session:
                self.join(session, step.session)
        if step.barrier:
            self._meet_at(step.barrier, step)
        self._session_of[step.id] = step.session
        self._steps.append(step.id)
        if len(self._steps) > self._horizon_steps:
            self._session_of.pop(self._steps.popleft(), None)

    def join(self, one: str, other: str) -> None:
        """Says that two sessions are of one group."""
        roots = sorted({self._root(one), self._root(other)}, key=lambda session: self._came.get(session, 0))
        if len(roots) < 2:
            return
        if len(self._above) >= _SESSIONS:
            self.split += 1
            return
        self._above[roots[1]] = roots[0]

    def named(self) -> Mapping[str, str]:
        """The group of each session that is in one with others."""
        members = set(self._above) | set(self._above.values())
        return {session: self._root(session) for session in sorted(members)}

    def _meet_at(self, barrier: str, step: Step) -> None:
        """The steps of a barrier share a due time: when a later one comes, all have met."""
        if step.due_s > self._barriers_due_s:
            self._at_barrier.clear()
            self._barriers_due_s = step.due_s
        self.join(self._at_barrier.setdefault(barrier, step.session), step.session)

    def _root(self, session: str) -> str:
        root = session
        while root in self._above:
            root = self._above[root]
        while session != root:
            self._above[session], session = root, self._above[session]
        return root
