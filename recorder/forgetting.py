"""Memories of bounded size, that forget what came first."""

from __future__ import annotations

from collections.abc import MutableMapping
from itertools import islice
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

_AT_ONCE = 8  # of what is held, the eighth part


def forget_oldest(memory: MutableMapping[K, V], most: int) -> None:
    """Where `memory` holds more than `most`, the oldest go, many at once.

    A dict looks for its first entry past all that were taken from its front since it last grew: taking one at a time
    costs tens of microseconds each in a memory of 100,000.
    """
    if len(memory) > most:
        for key in list(islice(memory, max(1, most // _AT_ONCE))):
            del memory[key]
