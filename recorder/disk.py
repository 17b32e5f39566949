"""The disk under a recording: what it refuses, when it is worth another try, and how much it must keep free."""

import errno
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from foreshock.clock import Clock
from foreshock.size import format_bytes

FULL = "the disk is full"

_ROOM_BYTES = 16_000_000  # after the disk was full: less is not worth another try
_LOOK_S = 1.0


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Disk:
    """`trouble` is why nothing is written now ('' where all is well), `failure` what it was if data was refused.

    A disk that is full, or below `min_free_bytes`, is looked at again every second, and recording goes on; one that
    failed stays failed. `tell` hears of each change, a line each.
    """

    def __init__(
        self,
        folder: Path,
        *,
        min_free_bytes: int = 0,
        tell: Callable[[str], None] = lambda _: None,
        clock: Clock = time.monotonic,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.trouble = ""
        self.failure: str | None = None
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._tell = tell
        self._clock = clock
        self._free = free
        self._failed = False
        self._looked_s = float("-inf")

    def attempt(self, action: Callable[[], object]) -> bool:
        """Does it; False where the disk refuses, which is the trouble from then on."""
        try:
            action()
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            self._failed = self._failed or not full
            self.failure = FULL if full else f"the disk failed: {error.strerror or error}"
            self._begin(self.failure, "until there is room" if full else "from now on")
            return False
        return True

    def look(self) -> None:
        """Sees, at most once a second, whether there is room; call it often."""
        if self._failed or self._clock() - self._looked_s < _LOOK_S:
            return
        self._looked_s = self._clock()
        try:
            free = self._free(self._folder)
        except OSError:
            return  # the next write will say what is wrong
        if free < self._min_free_bytes:
            self._begin(f"less than {format_bytes(self._min_free_bytes)} free on the disk", "until there is room")
        elif self.trouble and free >= max(_ROOM_BYTES, self._min_free_bytes):
            self.trouble = ""
            self._tell("there is room on the disk again: recording goes on")

    def _begin(self, trouble: str, how_long: str) -> None:
        if not self.trouble:
            self._tell(f"{trouble}: exchanges are dropped and counted {how_long}")
        self.trouble = trouble
