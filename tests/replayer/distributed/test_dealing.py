"""Sessions are dealt whole, evenly, and the same every time."""

from collections import Counter

from replayer.distributed.dealing import Dealer

SESSIONS = [f"c{number}" for number in range(3000)]


def dealt(workers: int, groups: dict[str, str] | None = None) -> dict[str, int]:
    dealer = Dealer(workers, groups or {})
    return {session: dealer.worker_of(session) for session in SESSIONS}


def test_sessions_that_hang_on_each_other_go_to_one_worker():
    groups = {session: f"g{number // 7}" for number, session in enumerate(SESSIONS)}
    found = dealt(4, groups)
    assert all(len({found[session] for session in SESSIONS if groups[session] == group}) == 1 for group in ("g0", "g9"))
    assert len(set(found.values())) == 4


def test_every_worker_gets_about_as_many():
    counts = Counter(dealt(4).values())
    assert sorted(counts) == [0, 1, 2, 3]
    assert all(600 < count < 900 for count in counts.values())


def test_the_same_sessions_are_dealt_the_same_whatever_came_before():
    assert dealt(3) == dealt(3)
    dealer = Dealer(3, {})
    assert [dealer.worker_of(session) for session in reversed(SESSIONS)] == list(reversed(dealt(3).values()))


def test_one_worker_more_takes_from_the_others_and_moves_nothing_else():
    three, four = dealt(3), dealt(4)
    assert all(three[session] == four[session] for session in SESSIONS if four[session] != 3)
