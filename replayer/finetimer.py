"""Waking at a point in time, to some hundredths of a millisecond, where an event loop knows whole milliseconds only.

Linux has a timer that is read as a file (timerfd), so the loop wakes when it is due. Elsewhere there is none, and who
wants to be so exact has to turn the loop meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import heapq
import itertools
import os
import sys
from time import monotonic

_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1
_READ_BYTES = 8


class _Time(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Time), ("value", _Time))


class FineTimer:
    """Futures that are done at a point of `time.monotonic`. Raises OSError where there is no such timer."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("there is no timerfd here")
        libc = ctypes.CDLL(None, use_errno=True)
        self._set = libc.timerfd_settime
        self._loop = asyncio.get_running_loop()
        self._descriptor = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._loop.add_reader(self._descriptor, self._due)

    def at(self, monotonic_s: float) -> asyncio.Future[None]:
        """Done then, or at once if that has gone by; whoever gives up waiting cancels it."""
        future = self._loop.create_future()
        heapq.heappush(self._waiting, (monotonic_s, next(self._numbers), future))
        if self._waiting[0][2] is future:
            self._arm()
        return future

    def close(self) -> None:
        """Nothing that is waited for comes any more."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _arm(self) -> None:
        whole_ns = max(1, int(self._waiting[0][0] * 1e9))  # 0 would put it off
        self._setting.value.s, self._setting.value.ns = divmod(whole_ns, 1_000_000_000)
        self._set(self._descriptor, _TFD_TIMER_ABSTIME, ctypes.byref(self._setting), None)

    def _due(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it was armed anew meanwhile
            os.read(self._descriptor, _READ_BYTES)
        now_s = monotonic()
        while self._waiting and self._waiting[0][0] <= now_s:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)
        if self._waiting:
            self._arm()
