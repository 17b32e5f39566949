"""A memory of bounded size that forgets the oldest half at once: cheap where entries come by the million."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Holds at least the last `most` / 2 entries put, and at most `most`."""

    __slots__ = ("_half", "_old", "_young", "forgotten")

    def __init__(self, most: int) -> None:
        self.forgotten = 0
        self._half = max(1, most // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        return found if found is not None else self._old.get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._young or key in self._old

    def put(self, key: K, value: V) -> None:
        """As the newest entry."""
        self._young[key] = value
        if len(self._young) >= self._half:
            self.forgotten += len(self._old)
            self._old, self._young = self._young, {}
