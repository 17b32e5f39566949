"""Observing comes after sending: uvloop writes when a turn of its loop ends, so this waits for the next one."""

import asyncio
from collections.abc import Callable
from time import monotonic

Look = Callable[[bytes, float], None]


class Later:
    """Called with what is to be looked at; it is, in order, in the loop's next turn or when `catch_up` is called."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._todo: list[tuple[Look, bytes, float]] = []

    def __call__(self, look: Look, data: bytes) -> None:
        if not self._todo:
            self._loop.call_soon(self.catch_up)
        self._todo.append((look, data, monotonic()))

    def catch_up(self) -> None:
        todo, self._todo = self._todo, []
        for look, data, now_s in todo:
            look(data, now_s)
