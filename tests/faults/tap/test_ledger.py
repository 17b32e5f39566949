"""A tap's memory is bounded, and what it forgets is counted."""

import asyncio

from faults.tap.digest import Digest
from faults.tap.ledger import KEPT_CALLS, KEPT_CLOSED, LONGEST_TARGET, Call, Connection, Ledger
from faults.tap.rules import Rules


def a_call(started_s: float = 1.0, target: bytes = b"/a") -> Call:
    return Call(
        connection=1,
        protocol="http/1.1",
        head=b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % target,
        started_s=started_s,
    )


def test_old_connections_are_forgotten_and_their_bytes_are_not():
    ledger = Ledger(Rules())
    for _ in range(KEPT_CLOSED + 10):
        entry = ledger.open()
        entry.up(3, entry.opened_s)
        ledger.close(entry, "client closed")
    journal = asyncio.run(ledger.read(0.0))
    assert (journal.opened, journal.forgotten, journal.bytes_up) == (KEPT_CLOSED + 10, 10, 3 * (KEPT_CLOSED + 10))
    assert [one.ordinal for one in journal.connections] == list(range(11, KEPT_CLOSED + 11))


def test_old_calls_are_forgotten():
    ledger = Ledger(Rules())
    for _ in range(KEPT_CALLS + 5):
        ledger.call(a_call())
    journal = asyncio.run(ledger.read(0.0))
    assert (journal.called, journal.calls_forgotten, len(journal.calls)) == (KEPT_CALLS + 5, 5, KEPT_CALLS)
    assert journal.calls[0].ordinal == 6


def test_only_what_was_active_since_is_told_and_what_still_waits():
    ledger = Ledger(Rules())
    for ended_s in (5.0, 15.0, None):
        call = a_call()
        call.asked(2.0)
        if ended_s is not None:
            call.end("answered", ended_s)
        ledger.call(call)
    journal = asyncio.run(ledger.read(10.0))
    assert [call.ordinal for call in journal.calls] == [2, 3]


def test_of_a_long_target_only_its_beginning_is_kept_but_all_of_it_is_digested():
    long = b"/" + b"a" * 10_000
    ledger = Ledger(Rules())
    for target in (long + b"b", long + b"c"):
        call = a_call(target=target)
        ledger.call(call)
        call.asked(2.0)
    first, second = asyncio.run(ledger.read(0.0)).calls
    assert first.path == second.path == long[:LONGEST_TARGET].decode()
    assert first.digest == Digest(b"GET", long + b"b").hex() != second.digest


def test_the_first_end_of_a_call_stands():
    call = a_call()
    call.end("cut", 3.0)
    call.end("answered", 4.0)
    assert (call.ended, call.ended_s) == ("cut", 3.0)


def test_the_median_of_turnarounds_is_of_the_latest():
    entry = Connection(1, 0.0, 0.0)
    for number in range(200):
        entry.up(1, float(number))
        entry.up(1, number + 0.25)
        entry.down(1, number + (0.5 if number > 100 else 0.75))
        entry.down(1, number + 0.9)
    shown = entry.shown()
    assert (shown.answered, shown.turnaround_p50_ms, shown.turnaround_max_ms) == (200, 250.0, 500.0)
