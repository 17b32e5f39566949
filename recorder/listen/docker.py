"""What a container writes, as `docker logs --follow --timestamps` tells it: each line after Docker's own time."""

import re
from collections.abc import Sequence

from foreshock.clock import Clock
from recorder.listen.command import CommandEar
from recorder.listen.logformat import Said, said_by
from recorder.listen.logs import LINES_PER_S
from recorder.listen.stamps import stamp_in

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?(.*)", re.DOTALL)


class DockerEar(CommandEar):
    def __init__(self, source: str, container: str, clock: Clock, *, per_s: float = LINES_PER_S) -> None:
        super().__init__(f"docker={container!r}", source, DockerLogs(container), clock, per_s=per_s)


class DockerLogs:
    def __init__(self, container: str) -> None:
        self._container = container
        self._last = ""  # time of the line that was read last
        self._had = ""  # the same when it was started last

    def command(self) -> Sequence[str]:
        """Docker's `--since` includes what was at that very time: `read` passes over what it had."""
        self._had = self._last
        since = ["--since", self._last] if self._last else ["--tail", "0"]
        return ["docker", "logs", "--follow", "--timestamps", *since, "--", self._container]

    def read(self, line: str) -> Said | str | None:
        """The time is Docker's, which took the line as it was written; what has none is Docker speaking for itself."""
        match = _LINE.fullmatch(line.rstrip("\r"))
        if match is None:
            return line
        if match[1] == self._had:
            return None
        self._last = match[1]
        return said_by(match[2])._replace(stamp=stamp_in(match[1]))
