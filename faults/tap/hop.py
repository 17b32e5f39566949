"""One tapped connection: the client's socket joined to one that goes to the upstream, or to a lane.

Back-pressure goes end to end: while one side takes no more, the other isn't read. A half-close is passed on as one, a
reset as a reset. While a rule might take a request, the client's bytes go on only when it is known where to; a request
that is taken goes `aside`, on a connection of its own to the lane, and its answer comes back from there. If that
connection ends before the answer is whole, or is to end with it, it is the client's only one from then on, so that the
client meets the same end.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from faults.tap.dialling import DialError, dialled
from faults.tap.ledger import Connection
from faults.tap.owner import Owner
from faults.tap.rule import Rule
from faults.tap.side import Client, Side, Upstream
from faults.tap.watch import Watch

HOLD_S = 1.0  # an unfinished head waits that long for its end, then it goes on and can't be steered


class Hop:
    def __init__(self, owner: Owner, entry: Connection) -> None:
        self._owner = owner
        self.loop, self.later = owner.loop, owner.later
        self.entry = entry
        self.watch = Watch(entry, owner.ledger, owner.rules, self)
        self.see_up, self.see_down = self.watch.up, self.watch.down
        self.client = Client(self)
        self.upstream = Upstream(self)
        self.aside: Upstream | None = None  # to a lane, while a request is away
        self.straight = False  # the client's bytes go to the upstream as they come
        self.shut = False
        self.away = False
        self.closing = False
        self.upstream_write: Callable[[bytes], None]  # with `straight`
        self.client_write: Callable[[bytes], None]
        self._first_end = ""  # who half-closed
        self._client_ended = self._upstream_ended = False
        self._dials: set[asyncio.Task[None]] = set()
        self._sockets: set[Side] = set()
        self._hold: asyncio.TimerHandle | None = None

    # beginning

    def accepted(self) -> None:
        assert self.client.transport is not None
        self.client_write = self.client.transport.write
        self._owner.accepted(self)

    def join(self, address: str) -> None:
        """Dials `address`; what the client says goes there."""
        self._dial(self.upstream, address)
        self.guard()

    def _dial(self, side: Upstream, address: str) -> None:
        task = self.loop.create_task(self._connect(side, address))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def _connect(self, side: Upstream, address: str) -> None:
        try:
            await dialled(self.loop, side, address)
        except DialError as error:
            self._owner.ledger.refused += error.refused
            self.close("upstream unreachable")
        else:
            self._settle()

    # the gate

    def guard(self) -> None:
        """The rules have changed: does a request wait until it is known where it goes?"""
        self.later.catch_up()
        self._shut_or_open()
        self._settle()

    def send(self, data: bytes) -> None:
        self._sink.send(data)

    def steer(self, rule: Rule) -> None:
        self.away = True
        self.aside = Upstream(self)
        self._dial(self.aside, rule.lane)

    def open(self, unsent: bytes) -> None:
        if self.aside is not None:
            self._adopt(self.aside)
        self.shut = False
        self._sink.send(unsent)
        self._settle()

    @property
    def _sink(self) -> Upstream:
        """Where the client's bytes go now."""
        return self.aside or self.upstream

    def _shut_or_open(self) -> None:
        http = self.watch.http
        steers = http is not None and http.steerable and (self._owner.rules.on_requests or self.away)
        if self.shut and not steers:
            self._let_pass()
        self.shut = steers

    def _let_pass(self) -> None:
        """What is held of a head goes on."""
        self._stop_hold()
        if self.watch.http is not None and not self.away:
            self._sink.send(self.watch.http.let_pass())

    def _settle(self) -> None:
        """What goes straight on, and who is read."""
        transport = self.upstream.transport
        self.straight = transport is not None and not (self.closing or self.shut or self.away)
        if transport is not None:
            self.upstream_write = transport.write
        self.regulate()

    # bytes

    def up(self, data: bytes) -> None:
        """From the client, when they can't go straight on."""
        if self.closing:
            return
        if not self.shut:
            self._sink.send(data)
            self.later(self.watch.up, data)
            self.regulate()
            return
        self.later.catch_up()
        self.watch.up(data, monotonic())
        self._after_up()

    def down_aside(self, data: bytes) -> None:
        """From the lane."""
        self.client.send(data)
        self.watch.down(data, monotonic())
        self._return_if_done()

    def regulate(self) -> None:
        if self.closing:
            return
        http = self.watch.http
        waits = self.away and http is not None and bool(http.held)
        self.client.read(not (self._sink.full or waits))
        self.upstream.read(not (self.client.full or self.away))
        if self.aside is not None:
            self.aside.read(not self.client.full)

    def _after_up(self) -> None:
        """Something was looked at while the gate is shut."""
        http = self.watch.http
        holds = http is not None and not self.away and bool(http.unsent)
        if holds and self._hold is None:
            self._hold = self.loop.call_later(HOLD_S, self._let_pass)
        elif not holds:
            self._stop_hold()
        if self.aside is not None or self.upstream.full:
            self.regulate()
            self._return_if_done()

    def _stop_hold(self) -> None:
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None

    def _return_if_done(self) -> None:
        """The request that is away and its answer are whole: the connection goes on as it was, if it is to go on."""
        http = self.watch.http
        if self.aside is None or http is None or not http.idle:
            return
        if not http.persistent:
            self._adopt(self.aside)
            return
        self.aside.close()
        self.aside, self.away = None, False
        self._shut_or_open()
        if self._client_ended:
            self.upstream.send_end()
        self._settle()
        self.watch.go_on(monotonic())
        self._after_up()

    def _adopt(self, aside: Upstream) -> None:
        """The connection to the lane is the client's only one from now on."""
        self.upstream.close()
        self.upstream = aside
        self.aside, self.away = None, False
        self._shut_or_open()
        self._settle()

    # ends

    def client_ended(self) -> None:
        """A half-close."""
        if self.closing:
            return
        self.later.catch_up()
        self._client_ended = True
        self._first_end = self._first_end or "client"
        self.watch.left(monotonic())
        if self.shut:
            self._let_pass()
        self._sink.send_end()
        self._close_if_ended()

    def upstream_ended(self, side: Upstream) -> None:
        """A half-close, of the upstream or of a lane."""
        if self.closing:
            return
        self.later.catch_up()
        if side is self.aside:
            self._adopt(side)
        self._upstream_ended = True
        self._first_end = self._first_end or "upstream"
        self.watch.ended(monotonic(), reset=False, given_up=self._client_ended)
        self.client.send_end()
        self._close_if_ended()

    def _close_if_ended(self) -> None:
        if self._client_ended and self._upstream_ended:
            self.close(f"{self._first_end} closed")

    def lost(self, side: Side) -> None:
        """A socket is gone: if we didn't close it, its peer reset it."""
        self._sockets.discard(side)
        if not side.done and not self.closing:
            if side is self.aside:
                self._adopt(self.aside)  # so that the main connection ends in order
            self.close("client reset" if side is self.client else "upstream reset", reset=True)
        if self.closing and not self._sockets:
            self._owner.gone(self)

    def made(self, side: Side) -> None:
        self._sockets.add(side)

    def close(self, ended: str, *, reset: bool = False) -> None:
        """Ends all of it; the first reason given stands."""
        if self.closing:
            return
        self.later.catch_up()
        self.closing = True
        self.straight = False
        given_up = self._client_ended or ended.startswith("client")
        self.watch.ended(monotonic(), reset=reset, given_up=given_up)
        self._stop_hold()
        for dial in self._dials:
            dial.cancel()
        for side in (self.client, self.upstream, self.aside):
            if side is not None:
                side.close(reset=reset)
        self._owner.ended(self, ended)
