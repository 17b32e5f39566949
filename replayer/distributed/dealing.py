"""Which worker does which sessions: whole groups, by hash, so that the same recording is dealt the same again.

Rendezvous hashing: a group goes to the worker whose hash with it is highest. One worker more or less moves only the
groups that it gets or had (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b


class Dealer:
    """Deals to so many workers, numbered from 0. `groups` names the group of sessions that hang on each other."""

    def __init__(self, workers: int, groups: Mapping[str, str]) -> None:
        self._workers = workers
        self._groups = groups
        self._dealt: dict[str, int] = {}

    def worker_of(self, session: str) -> int:
        """A session of no group is a group by itself."""
        group = self._groups.get(session, session)
        worker = self._dealt.get(group)
        if worker is None:
            worker = self._dealt[group] = max(range(self._workers), key=lambda number: _weight(group, number))
        return worker


def _weight(group: str, worker: int) -> bytes:
    return blake2b(f"{worker}/{group}".encode(), digest_size=8).digest()
