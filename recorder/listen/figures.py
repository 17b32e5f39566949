"""What processes take of the machine, each with all its children: memory, descriptors, threads and CPU."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from foreshock.clock import Clock
from recorder.listen.ear import Ear, Hears
from recorder.listen.signal import Kind, Sample

_LINUX_TELLS = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists()  # kernels with CONFIG_PROC_CHILDREN


class FiguresEar(Ear):
    """`pids` says which process each source is now; one that is not running has no figures."""

    over_time = True

    def __init__(self, pids: Callable[[], Mapping[str, int]], clock: Clock) -> None:
        super().__init__("process figures could not be read")
        self._pids = pids
        self._clock = clock
        self._cpu_s: dict[str, float] = {}  # of each source, its ended processes too
        self._last: dict[str, dict[tuple[int, float], float]] = {}  # of each source's processes, by pid and start

    async def look(self, to: Hears) -> None:
        for source, pid in self._pids().items():
            for sample in self._figures(source, pid):
                to.hear(sample)

    def _figures(self, source: str, pid: int) -> list[Sample]:
        t_s = self._clock()
        taken = [one for one in map(_taken, [pid, *_descendants(pid)]) if one is not None]
        if not taken:
            return []
        figures: list[tuple[str, float, Kind]] = [
            ("process_count", len(taken), "gauge"),
            ("process_resident_bytes", sum(one[2] for one in taken), "gauge"),
            ("process_open_descriptors", sum(one[3] for one in taken), "gauge"),
            ("process_threads", sum(one[4] for one in taken), "gauge"),
            ("process_cpu_seconds_total", self._cpu(source, {one[0]: one[1] for one in taken}), "counter"),
        ]
        return [Sample(t_s, source, name, value, kind) for name, value, kind in figures]

    def _cpu(self, source: str, now: Mapping[tuple[int, float], float]) -> float:
        """All that was ever seen taken: a child that ends takes nothing back."""
        before = self._last.get(source, {})
        more = sum(max(0.0, cpu_s - before.get(process, 0.0)) for process, cpu_s in now.items())
        self._last[source] = dict(now)
        self._cpu_s[source] = round(self._cpu_s.get(source, 0.0) + more, 6)
        return self._cpu_s[source]


def _descendants(pid: int) -> list[int]:
    """The process's children, and theirs.

    Linux tells the children of one process; psutil, which has to do without, looks through all that run: 2 ms for a
    hundred of them, in which nothing else of ours does.
    """
    if not _LINUX_TELLS:
        with suppress(psutil.Error):
            return [child.pid for child in psutil.Process(pid).children(recursive=True)]
        return []
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for file in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with suppress(OSError):  # the thread has just ended
                children = [int(child) for child in file.read_text(encoding="ascii").split()]
                found += children
                waiting += children
    return found


def _taken(pid: int) -> tuple[tuple[int, float], float, int, int, int] | None:
    """Who it is, its CPU seconds, resident bytes, descriptors and threads; None where it has just ended."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return (
                (pid, process.create_time()),
                times.user + times.system,
                process.memory_info().rss,
                process.num_fds(),
                process.num_threads(),
            )
    except psutil.Error:
        return None
