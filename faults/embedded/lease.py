"""The lease: faults last as long as their owner, links a little longer.

The owner holds the server's stdin open and says there, in JSON lines, what to guard (`{"guard": ...}`) and when to
stop (`{"stop": true}`). The end of stdin without that means that the owner was killed: at once every toxic is removed
and every proxy enabled, here and on the guarded server, and taps steer nothing any more; traffic goes on passing; and
the server exits when it has carried no connection for a while.
"""

import asyncio
import sys

import msgspec

from faults.embedded.guardian import Guard, Guardian
from faults.embedded.proxies import Proxies
from faults.embedded.refusal import ApiError
from faults.tap.taps import Taps

_LOOK_S = 0.5
_AGAIN_S = (0.2, 0.8)  # pauses between looks at what may have come late


class Word(msgspec.Struct, frozen=True):
    """One line of the owner's."""

    stop: bool = False
    guard: Guard | None = None


class Lease:
    def __init__(self, proxies: Proxies, taps: Taps, stop: asyncio.Event, *, idle_s: float) -> None:
        self._proxies = proxies
        self._taps = taps
        self._stop = stop
        self._idle_s = idle_s
        self._guardian = Guardian(taps)
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.ReadTransport | None = None

    async def start(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        self._task = loop.create_task(self._watch(reader))

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        """Whatever happens here, the server ends with it: nobody else would tell it to."""
        try:
            while line := await reader.readline():
                word = msgspec.json.decode(line, type=Word)
                if word.stop:
                    return
                if word.guard is not None:
                    self._guardian.guards.append(word.guard)
            await self._outlive()
        finally:
            self._stop.set()

    async def _outlive(self) -> None:
        """The owner is dead. What it asked for with its last breath, a server may do only later: so more than once."""
        if not self._guardian.guards and not any(True for _ in (*self._proxies, *self._taps)):
            return  # it made nothing
        for pause_s in (0.0, *_AGAIN_S):
            await asyncio.sleep(pause_s)
            await self._heal()
        await self._until_idle()
        await self._guardian.clean_up()

    async def _heal(self) -> None:
        for heal in (self._taps.let_pass, self._proxies.reset):
            try:
                await heal()
            except ApiError as error:  # a port that was lost: the others are healed
                print(error, file=sys.stderr)  # noqa: T201
        await self._guardian.heal()

    async def _until_idle(self) -> None:
        """Returns when no connection was open for `idle_s`."""
        loop = asyncio.get_running_loop()
        busy_s = loop.time()
        while loop.time() - busy_s < self._idle_s:
            await asyncio.sleep(_LOOK_S)
            if self._proxies.connections or self._taps.connections:
                busy_s = loop.time()
