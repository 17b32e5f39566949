"""What was seen on a link while a plan ran: what its receipts are told from."""

from collections.abc import Iterator, Sequence

from faults.call import Call
from faults.effects import Exchange, exchange_of_call
from faults.tap.journal import TapCall, TapJournal


class Seen:
    """Of one link: the tap's journal, and its calls on the run's clock, attributed to steps."""

    def __init__(self, journal: TapJournal, calls: Sequence[Call]) -> None:
        self.journal = journal
        self.calls = tuple(calls)
        self._connections = {each.ordinal: each for each in journal.connections}

    @property
    def forgotten(self) -> int:
        """How many calls more there may have been: none, where older ones than these are remembered."""
        journal = self.journal
        return journal.calls_forgotten if len(self.calls) == journal.called - journal.calls_forgotten else 0

    def exchange(self, call: Call) -> Exchange:
        """What became of it."""
        connection = self._connections.get(call.connection)  # None where the journal forgot it
        return exchange_of_call(call, given_up=connection is not None and connection.ended.startswith("client"))


def calls_of(journal: TapJournal, link: str, origin_s: float) -> Iterator[Call]:
    """The journal's calls, on the clock whose 0 was `origin_s` of CLOCK_MONOTONIC."""
    for call in journal.calls:
        yield _call(call, link, origin_s)


def _call(call: TapCall, link: str, origin_s: float) -> Call:
    def on_clock(t_s: float | None) -> float | None:
        return None if t_s is None else t_s - origin_s

    return Call(
        link=link,
        ordinal=call.ordinal,
        connection=call.connection,
        protocol=call.protocol,
        method=call.method,
        path=call.path,
        started_s=call.started_s - origin_s,
        asked_s=on_clock(call.asked_s),
        first_byte_s=on_clock(call.first_byte_s),
        ended_s=on_clock(call.ended_s),
        status=call.status,
        bytes_up=call.bytes_up,
        bytes_down=call.bytes_down,
        ended=call.ended,
        fault=call.fault,
        trace=call.trace,
        digest=call.digest,
    )
