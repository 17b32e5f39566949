from faults.tap.journal import TapConnection, TapJournal
from faults.traffic import Traffic, between


def seen(ordinal: int, up: int, down: int) -> TapConnection:
    return TapConnection(ordinal=ordinal, opened_s=0.0, active_s=0.0, bytes_up=up, bytes_down=down)


def look(opened: int, up: int, down: int, *connections: TapConnection, refused: int = 0) -> TapJournal:
    return TapJournal(
        now_s=0.0,
        opened=opened,
        forgotten=0,
        bytes_up=up,
        bytes_down=down,
        refused=refused,
        called=0,
        calls_forgotten=0,
        connections=connections,
        calls=(),
        rules=(),
    )


def test_nothing_happened_where_two_looks_are_the_same():
    idle = seen(1, 5, 5)
    assert between(look(1, 5, 5, idle), look(1, 5, 5, idle)) == Traffic()


def test_a_connection_counts_when_it_moved_bytes_closed_or_was_opened():
    before = look(3, 30, 30, seen(1, 10, 10), seen(2, 10, 10), seen(3, 10, 10))
    after = look(5, 47, 32, seen(1, 10, 10), seen(2, 15, 10), seen(5, 12, 2), refused=2)  # 3 closed, 4 came and went
    assert between(before, after) == Traffic(connections=4, closed=1, refused=2, bytes_up=17, bytes_down=2)


def test_traffic_of_several_activations_adds_up():
    assert Traffic(1, 0, 1, 2, 3) + Traffic(1, 1, 2, 5, 5) == Traffic(2, 1, 3, 7, 8)
