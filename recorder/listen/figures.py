"""What processes take of the machine, each with all its children: memory, descriptors, threads and CPU."""

from collections.abc import Callable, Mapping

import psutil

from foreshock.clock import Clock
from recorder.listen.ear import Ear, Hears
from recorder.listen.signal import Kind, Sample


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
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.Error:  # it has just ended
            return []
        taken = [one for one in map(_taken, family) if one is not None]
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


def _taken(process: psutil.Process) -> tuple[tuple[int, float], float, int, int, int] | None:
    """Who it is, its CPU seconds, resident bytes, descriptors and threads; None where it has just ended."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            return (
                (process.pid, process.create_time()),
                times.user + times.system,
                process.memory_info().rss,
                process.num_fds(),
                process.num_threads(),
            )
    except psutil.Error:
        return None
