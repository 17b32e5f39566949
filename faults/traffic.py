"""What a link carried between two looks at its proxy's journal."""

import msgspec


class Seen(msgspec.Struct, frozen=True):
    """One connection as `GET /connections` shows it; see `faults.embedded.journal`."""

    ordinal: int
    bytes_up: int
    bytes_down: int
    closed_s: float | None = None
    ended: str = ""


class Look(msgspec.Struct, frozen=True):
    """A proxy's journal at one instant: totals since it was made, and the connections that live."""

    opened: int
    bytes_up: int
    bytes_down: int
    connections: tuple[Seen, ...]

    @property
    def live(self) -> dict[int, Seen]:
        return {seen.ordinal: seen for seen in self.connections if seen.closed_s is None}


class Traffic(msgspec.Struct, frozen=True):
    """`connections` were opened, closed or moved bytes; `closed` of those that lived at the first look are gone."""

    connections: int = 0
    closed: int = 0
    bytes_up: int = 0
    bytes_down: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.connections + other.connections,
            self.closed + other.closed,
            self.bytes_up + other.bytes_up,
            self.bytes_down + other.bytes_down,
        )


def read_look(journal: bytes) -> Look:
    """A Look from the answer of `GET /connections`."""
    return msgspec.json.decode(journal, type=Look)


def between(before: Look, after: Look) -> Traffic:
    """What happened from one look to the next."""
    alive = after.live
    old = before.live.values()
    closed = sum(seen.ordinal not in alive for seen in old)
    moved = sum(seen.ordinal in alive and alive[seen.ordinal] != seen for seen in old)
    return Traffic(
        connections=after.opened - before.opened + closed + moved,
        closed=closed,
        bytes_up=after.bytes_up - before.bytes_up,
        bytes_down=after.bytes_down - before.bytes_down,
    )
