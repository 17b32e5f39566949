from faults.tap.journal import TapConnection, TapJournal
from faults.traffic import Carried, carried


def seen(ordinal: int, up: int, down: int, closed_s: float | None = None) -> TapConnection:
    return TapConnection(ordinal=ordinal, opened_s=0.0, active_s=0.0, bytes_up=up, bytes_down=down, closed_s=closed_s)


def look(opened: int, *connections: TapConnection) -> TapJournal:
    return TapJournal(
        now_s=0.0,
        opened=opened,
        forgotten=0,
        bytes_up=0,
        bytes_down=0,
        refused=0,
        called=0,
        calls_forgotten=0,
        connections=connections,
        calls=(),
        rules=(),
    )


def test_nothing_happened_where_two_looks_are_the_same():
    idle = seen(1, 5, 5)
    assert carried(look(1, idle), look(1, idle), [idle]) == ()


def test_a_connection_counts_when_it_moved_bytes_was_closed_or_was_opened():
    before = look(3, seen(1, 10, 10), seen(2, 10, 10), seen(3, 10, 10))
    after = look(5, seen(1, 10, 10), seen(2, 15, 10), seen(5, 12, 2))
    later = [seen(1, 99, 99), seen(2, 99, 99), seen(3, 10, 11, 1.0), seen(4, 0, 7, 1.0), seen(5, 12, 2), seen(6, 1, 1)]
    assert carried(before, after, later) == (
        Carried(ordinal=2, bytes_up=5, bytes_down=0, opened=False, closed=False),
        Carried(ordinal=3, bytes_up=0, bytes_down=1, opened=False, closed=True),
        Carried(ordinal=4, bytes_up=0, bytes_down=7, opened=True, closed=True),
        Carried(ordinal=5, bytes_up=12, bytes_down=2, opened=True, closed=False),
    )


def test_what_the_journal_forgot_is_not_told_of():
    assert carried(look(2, seen(1, 10, 10)), look(3), []) == ()
