"""Values of one run and those that stand for them in another: ids that a server makes anew are compared up to these."""

from __future__ import annotations

from typing import Any

_REMEMBERED = 400_000  # values; the oldest are forgotten beyond that

Key = tuple[str, Any]  # (whose ids these are, value); '' where the value says it by itself


class Pairs:
    """One-to-one: a value of the one run stands for one of the other, within what it is the id of.

    Where this can be wrong: who is paired first is believed, so that after one wrong answer the right ones differ too.
    """

    def __init__(self) -> None:
        self._now: dict[Key, Any] = {}
        self._was: dict[Key, Any] = {}

    def same(self, of: str, was: Any, now: Any) -> bool:
        """Whether the two may stand for each other; from now on they do."""
        forth, back = (of, was), (of, now)
        if forth in self._now or back in self._was:
            return bool(self._now.get(forth) == now and self._was.get(back) == was)
        self._now[forth] = now
        self._was[back] = was
        if len(self._now) > _REMEMBERED:
            _forget(self._now, self._was)
        return True

    def now_of(self, of: str, was: Any) -> Any:
        """What stands for `was` in the other run; None if that is not known."""
        return self._now.get((of, was))

    def knows_now(self, of: str, now: Any) -> bool:
        return (of, now) in self._was


def _forget(forth: dict[Key, Any], back: dict[Key, Any]) -> None:
    oldest = next(iter(forth))
    back.pop((oldest[0], forth.pop(oldest)), None)
