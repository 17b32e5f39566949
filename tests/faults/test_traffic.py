from faults.traffic import Look, Seen, Traffic, between


def look(opened: int, up: int, down: int, *connections: Seen) -> Look:
    return Look(opened=opened, bytes_up=up, bytes_down=down, connections=connections)


def test_nothing_happened_where_two_looks_are_the_same():
    idle = Seen(1, 5, 5)
    assert between(look(1, 5, 5, idle), look(1, 5, 5, idle)) == Traffic()


def test_a_connection_counts_when_it_moved_bytes_closed_or_was_opened():
    before = look(3, 30, 30, Seen(1, 10, 10), Seen(2, 10, 10), Seen(3, 10, 10))
    after = look(5, 47, 32, Seen(1, 10, 10), Seen(2, 15, 10), Seen(5, 12, 2))  # 3 closed, 4 came and went
    assert between(before, after) == Traffic(connections=4, closed=1, bytes_up=17, bytes_down=2)


def test_traffic_of_several_activations_adds_up():
    assert Traffic(1, 0, 2, 3) + Traffic(1, 1, 5, 5) == Traffic(2, 1, 7, 8)
