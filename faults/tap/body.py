"""Where the body of an HTTP/1.1 message ends (RFC 9112, section 6 and 7), told as its bytes pass."""

from collections.abc import Callable
from typing import Protocol

LONGEST_LINE = 8192  # bytes of a chunk's size with its extensions, or of a trailer


class NotUnderstood(Exception):
    """What is spoken is not what it looked like, or more than a tap bears to follow. It is passed on all the same."""


class Body(Protocol):
    whole: bool  # it has passed, to its last byte

    def eat(self, data: bytes, at: int) -> int:
        """Where in `data` the part of this body ends that begins at `at`. Raises NotUnderstood."""


class Sized:
    """`left` bytes (at least one), as Content-Length says. `seen` is told the contents."""

    def __init__(self, left: int, seen: Callable[[bytes], None] | None = None) -> None:
        self.whole = False
        self._left = left
        self._seen = seen

    def eat(self, data: bytes, at: int) -> int:
        end = min(len(data), at + self._left)
        self._left -= end - at
        self.whole = not self._left
        if self._seen is not None:
            self._seen(data[at:end])
        return end


class Chunked:
    """Chunks, then trailers. `seen` is told the contents, without their framing."""

    def __init__(self, seen: Callable[[bytes], None] | None = None) -> None:
        self.whole = False
        self._seen = seen
        self._contents = 0  # bytes of the chunk that are still to come
        self._break = 0  # and of the line's end after it
        self._line = b""  # the beginning of a line whose end is still to come
        self._trailers = False

    def eat(self, data: bytes, at: int) -> int:
        while at < len(data) and not self.whole:
            if self._contents:
                at = self._eat_contents(data, at)
            elif self._break:
                at, self._break = at + 1, self._break - 1
            else:
                at = self._eat_line(data, at)
        return at

    def _eat_contents(self, data: bytes, at: int) -> int:
        end = min(len(data), at + self._contents)
        self._contents -= end - at
        self._break = 0 if self._contents else 2
        if self._seen is not None:
            self._seen(data[at:end])
        return end

    def _eat_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at) + 1
        self._line += data[at : end or len(data)]
        if len(self._line) > LONGEST_LINE:
            raise NotUnderstood("a chunk's line is too long")
        if not end:
            return len(data)
        line, self._line = self._line.strip(), b""
        if self._trailers:
            self.whole = not line
        else:
            self._begin(line)
        return end

    def _begin(self, line: bytes) -> None:
        try:
            self._contents = int(line.partition(b";")[0], 16)
        except ValueError:
            raise NotUnderstood("a chunk has no size") from None
        if self._contents < 0:
            raise NotUnderstood("a chunk has a negative size")
        self._break = 2
        if not self._contents:
            self._break = 0
            self._trailers = True


class UntilClose:
    """All that comes, until the connection is closed."""

    whole = False

    def eat(self, data: bytes, at: int) -> int:
        return len(data)
