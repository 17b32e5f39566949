"""Users that the target has, dealt to the recorded ones: the same each time, and each to one as far as they go round.

A user's row is where its hash points, or the next one that is free. Clones ('~2') are users of their own.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

from replayer.filling.filling import Users
from replayer.filling.spots import standing
from replayer.place import NoSuchPlace
from replayer.places import write_request
from replayer.plan import Request, Step

_SESSIONS = 50_000  # whose users are remembered; those that were silent longest go


class Dealer:
    def __init__(self, users: Users, seed: int) -> None:
        self.written = 0
        self.shared = 0
        self._users = users
        self._seed = seed
        self._column = {spot: nth for nth, spots in enumerate(users.spots) for spot in spots}
        self._row_of: dict[str, int] = {}
        self._taken: set[int] = set()
        self._user_of: OrderedDict[str, str] = OrderedDict()

    @property
    def dealt(self) -> int:
        return len(self._row_of)

    def fill(self, step: Step, request: Request) -> Request:
        """The request, `step`'s as far as it is filled, with its user's row at the spots that it has."""
        places = list(self._standing(step))
        if not places:
            return request
        row = self._users.rows[self._row(self._user(step))]
        for place, column in places:
            try:
                request = write_request(request, place, row[column])
            except (NoSuchPlace, ValueError):  # what a place cannot hold stays as it was recorded
                continue
            self.written += 1
        return request

    def meet(self, step: Step) -> None:
        """Takes in who the session's user is, where the step says it."""
        for _, value in standing(step, self._users.who):
            self._user_of[step.session] = f"{value}\n{step.session.partition('~')[2]}"
            self._user_of.move_to_end(step.session)
            if len(self._user_of) > _SESSIONS:
                self._user_of.popitem(last=False)
            return

    def _standing(self, step: Step) -> list[tuple[str, int]]:
        self.meet(step)
        found = []
        for spot, column in self._column.items():
            found += [(place, column) for place, _ in standing(step, (spot,))]
        return found

    def _user(self, step: Step) -> str:
        return self._user_of.get(step.session, f"session {step.session}")

    def _row(self, user: str) -> int:
        row = self._row_of.get(user)
        if row is None:
            row = self._row_of[user] = self._free(user)
            self._taken.add(row)
        return row

    def _free(self, user: str) -> int:
        count = len(self._users.rows)
        first = int.from_bytes(blake2b(f"{self._seed}/{user}".encode(), digest_size=8).digest()) % count
        if len(self._taken) >= count:
            self.shared += 1
            return first
        while first in self._taken:
            first = (first + 1) % count
        return first
