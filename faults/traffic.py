"""What a link carried between two looks at its tap's journal."""

import msgspec

from faults.tap.journal import TapConnection, TapJournal


class Traffic(msgspec.Struct, frozen=True):
    """`connections` were opened, closed or moved bytes; `closed` of those that lived at the first look are gone."""

    connections: int = 0
    closed: int = 0
    refused: int = 0  # connections that the upstream, or the lane, did not take
    bytes_up: int = 0
    bytes_down: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.connections + other.connections,
            self.closed + other.closed,
            self.refused + other.refused,
            self.bytes_up + other.bytes_up,
            self.bytes_down + other.bytes_down,
        )


def between(before: TapJournal, after: TapJournal) -> Traffic:
    """What happened from one look to the next. Each look shows at least all connections that are open."""
    then = {seen.ordinal: seen for seen in before.connections if seen.closed_s is None}
    now = {seen.ordinal: seen for seen in after.connections if seen.closed_s is None}
    closed = sum(ordinal not in now for ordinal in then)
    moved = sum(ordinal in now and _bytes(now[ordinal]) != _bytes(seen) for ordinal, seen in then.items())
    return Traffic(
        connections=after.opened - before.opened + closed + moved,
        closed=closed,
        refused=after.refused - before.refused,
        bytes_up=after.bytes_up - before.bytes_up,
        bytes_down=after.bytes_down - before.bytes_down,
    )


def _bytes(connection: TapConnection) -> tuple[int, int]:
    return connection.bytes_up, connection.bytes_down
