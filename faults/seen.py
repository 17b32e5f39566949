"""What was seen on a link while a plan ran: what its receipts are told from."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from math import inf

from faults.call import Call
from faults.effects import Exchange, exchange_of_call, typical_wait_s
from faults.span import Span
from faults.tap.journal import TapCall, TapConnection, TapJournal

RELEASE_S = 0.02  # after it is off: until then what it held back has come through
CLOSING_S = 0.25  # after it is off: until then what it held open and silent has been closed


class Seen:
    """Of one link: the tap's journal, and its calls on the run's clock, attributed to steps.

    `over_all` is when faults were on that take everything on the link; `during` says which steps were in flight then.
    """

    def __init__(
        self,
        journal: TapJournal,
        calls: Sequence[Call],
        *,
        origin_s: float = 0.0,
        over_all: Sequence[Span] = (),
        during: Callable[[float, float], Sequence[str]] = lambda _from_s, _to_s: (),
    ) -> None:
        self.journal = journal
        self.calls = tuple(calls)
        self._origin_s = origin_s
        self._during = during
        self._over_all = tuple(over_all)
        self._connections = {each.ordinal: each for each in journal.connections}

    @classmethod
    def nothing(cls) -> "Seen":
        """Of a link whose tap was not asked."""
        none = TapJournal(
            now_s=0.0,
            opened=0,
            forgotten=0,
            bytes_up=0,
            bytes_down=0,
            refused=0,
            called=0,
            calls_forgotten=0,
            connections=(),
            calls=(),
            rules=(),
        )
        return cls(none, ())

    @property
    def forgotten(self) -> int:
        """How many calls more there may have been: none, where older ones than these are remembered."""
        journal = self.journal
        return journal.calls_forgotten if len(self.calls) == journal.called - journal.calls_forgotten else 0

    @property
    def opened(self) -> tuple[TapConnection, ...]:
        """Connections that were opened while the plan ran."""
        return tuple(each for each in self.journal.connections if each.opened_s >= self._origin_s)

    @cached_property
    def calm_s(self) -> float | None:
        """How long calls waited that no fault took: what those that one took are compared with."""
        taken = {call.ordinal for call in self.under_way(self._over_all)}
        others = (call for call in self.calls if call.fault is None and call.ordinal not in taken)
        return typical_wait_s(map(self.exchange, others))

    def under_way(self, spans: Iterable[Span]) -> tuple[Call, ...]:
        """The calls that were, at some time of one of the spans, in order."""
        found: dict[int, Call] = {}
        for span in spans:
            since = bisect_left(self._ended, span.begun_s - self._longest_s, key=_started_s)
            until = bisect_right(self._ended, span.off_s, key=_started_s)
            for call in (*self._ended[since:until], *self._open):
                if under_way(call, span):
                    found[call.ordinal] = call
        return tuple(found[ordinal] for ordinal in sorted(found))

    @cached_property
    def _ended(self) -> list[Call]:
        return sorted((call for call in self.calls if call.ended_s is not None), key=_started_s)

    @cached_property
    def _open(self) -> list[Call]:
        return [call for call in self.calls if call.ended_s is None]

    @cached_property
    def _longest_s(self) -> float:
        return max((call.ended_s - call.started_s for call in self._ended if call.ended_s is not None), default=0.0)

    def exchange(self, call: Call) -> Exchange:
        """What became of it."""
        connection = self._connections.get(call.connection)  # None where the journal forgot it
        return exchange_of_call(call, given_up=connection is not None and connection.ended.startswith("client"))

    def ended_after(self, call: Call, sizes: Collection[int]) -> bool:
        """Whether its connection was closed by the upstream's side after just one of so many bytes."""
        connection = self._connections.get(call.connection)
        return connection is not None and connection.ended == "upstream closed" and connection.bytes_down in sizes

    def steps_of(self, connection: TapConnection) -> tuple[str, ...]:
        """Those whose requests it carried, if any is known; else those in flight while it was used."""
        known = [call.step for call in self.calls if call.connection == connection.ordinal and call.step is not None]
        if known:
            return tuple(dict.fromkeys(known))
        late_s = RELEASE_S if connection.closed_s is not None else 0.0  # it was closed when it had been used
        from_s, to_s = connection.opened_s - self._origin_s, connection.active_s - late_s - self._origin_s
        return tuple(self._during(from_s, max(from_s, to_s)))

    def closed_in(self, connection: TapConnection, span: Span, grace_s: float = CLOSING_S) -> bool:
        """Whether its end may be one that a fault made which was on then."""
        if connection.closed_s is None:
            return False
        return span.begun_s <= connection.closed_s - self._origin_s <= span.off_s + grace_s


def _started_s(call: Call) -> float:
    return call.started_s


def under_way(call: Call, span: Span) -> bool:
    """Whether it was, at some time of the span."""
    return call.started_s <= span.off_s and (call.ended_s is None or call.ended_s >= span.begun_s)


def passed(call: Call, span: Span, *, up: bool, down: bool) -> bool:
    """Whether any of its request (`up`) or of its answer (`down`) passed in the span, or waited there to pass."""
    ended_s = inf if call.ended_s is None else call.ended_s
    asked_s = ended_s if call.asked_s is None else call.asked_s
    answered_s = ended_s if call.first_byte_s is None else call.first_byte_s
    request = up and call.started_s <= span.off_s and asked_s >= span.on_s
    answer = down and call.started_s <= span.off_s and answered_s <= span.off_s + RELEASE_S and ended_s >= span.on_s
    return request or answer


def broken_in(call: Call, span: Span) -> bool:
    """Whether it ended in the span, or when that did; or never, and the span neither."""
    ended_s = inf if call.ended_s is None else call.ended_s
    return call.started_s <= span.off_s and span.begun_s <= ended_s <= span.off_s + CLOSING_S


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
