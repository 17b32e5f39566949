"""What a toxic did, counted where it works: the numbers of a receipt, as `GET /receipts` shows them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Of one toxic, on all connections of its proxy, since it came. Updates of the toxic don't start it anew.

    A chunk is disturbed if it was held up, cut or dropped; `bytes` are all of its bytes. A delay is from when a chunk,
    or the end of a connection, came to the toxic until it left it (the slowness of whoever reads then is in it).
    """

    offered: int = 0  # connections that were open when it came, or came later
    drawn: int = 0  # of those, that it was for
    chunks: int = 0
    bytes: int = 0
    delay_ms: float = 0.0  # of all chunks and ends together
    longest_delay_ms: float = 0.0
    dropped_bytes: int = 0
    ended: int = 0  # connections

    def held_up(self, size: int, delay_s: float) -> None:
        """A chunk of so many bytes left late, or in pieces."""
        self.chunks += 1
        self.bytes += size
        self.late(delay_s)

    def late(self, delay_s: float) -> None:
        delay_ms = delay_s * 1000
        self.delay_ms += delay_ms
        if delay_ms > self.longest_delay_ms:
            self.longest_delay_ms = delay_ms

    def dropped(self, size: int, of: int) -> None:
        """So many of a chunk's bytes."""
        self.chunks += 1
        self.bytes += of
        self.dropped_bytes += size
