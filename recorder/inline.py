"""Connection handlers for a proxy whose add-ons are all ours: hooks run at once instead of each in a task of its own.

mitmproxy lets add-ons take their time, so that each of the five hooks of an exchange is a task, two context switches
and a lock. Ours return at once. That, and writing what goes to one connection in one go, is most of what a recorder
costs less than mitmdump. It also knows how connections end, which mitmproxy forgets.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from mitmproxy.addonmanager import traverse
from mitmproxy.connection import Connection
from mitmproxy.master import Master
from mitmproxy.proxy import commands, events, mode_servers
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.server_hooks import ServerConnectedHook

from recorder.proxyprotocol import NoProxyHead, read_proxy_head
from recorder.watcher import Endings

_PROXY_HEAD_S = 5.0

_log = logging.getLogger(__name__)


class Hooks:
    """The add-ons' functions by the name of their hook, looked up once."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._functions: dict[str, Sequence[Callable[..., object]]] = {}

    def run(self, hook: commands.StartHook) -> None:
        """Calls them in the add-ons' order. One that fails is logged, and the traffic goes on."""
        functions = self._functions.get(hook.name)
        if functions is None:
            functions = self._functions[hook.name] = self._of(hook.name)
        for function in functions:
            try:
                function(*hook.args())
            except Exception as error:  # noqa: BLE001  as mitmproxy does: a fault in watching must not stop the traffic
                _log.error("an add-on failed in %s: %s", hook.name, type(error).__name__, exc_info=error)

    def _of(self, name: str) -> Sequence[Callable[..., object]]:
        addons = traverse(self._master.addons.chain)  # type: ignore[no-untyped-call]
        functions = [getattr(addon, name, None) for addon in addons]
        found = [function for function in functions if callable(function)]
        assert not any(asyncio.iscoroutinefunction(function) for function in found), f"{name} would have to be awaited"
        return found


class _Inline:
    """Stands before the layers of a connection: runs their hooks, joins their writes."""

    def __init__(self, layer: Layer, handler: "InlineHandler") -> None:
        self.context = layer.context
        self._layer = layer
        self._handler = handler
        self._failed = False

    def handle_event(self, event: events.Event) -> Iterator[commands.Command]:
        """The commands that are left to do. A connection that mitmproxy fails on is closed: it would hang for ever."""
        if type(event) is events.ConnectionClosed:
            self._handler.note_end(event.connection)
        if self._failed:
            return
        try:
            yield from self._joined(event)
        except Exception as error:  # noqa: BLE001  one connection's, whatever it is; the others go on
            self._failed = True
            _log.error("a connection is closed that mitmproxy failed on: %s in %s", type(error).__name__, _place(error))
            yield commands.CloseConnection(self.context.client)

    def _joined(self, event: events.Event) -> Iterator[commands.Command]:
        connection: Connection | None = None
        data: list[bytes] = []
        for command in self._done(event):
            if type(command) is commands.SendData:
                if command.connection is connection:
                    data.append(command.data)
                    continue
                if connection is not None:
                    yield commands.SendData(connection, b"".join(data))
                connection, data = command.connection, [command.data]
                continue
            if connection is not None:
                yield commands.SendData(connection, b"".join(data))
                connection = None
            yield command
        if connection is not None:
            yield commands.SendData(connection, data[0] if len(data) == 1 else b"".join(data))

    def _done(self, event: events.Event) -> Iterator[commands.Command]:
        """The layers' commands after their hooks have run."""
        run = self._handler.hooks.run
        todo = [event]
        for each in todo:  # grows on the way: a hook that has run is an event for the layer that waits for it
            for command in self._layer.handle_event(each):
                if isinstance(command, commands.StartHook):
                    run(command)
                    if command.blocking:
                        todo.append(events.HookCompleted(command))
                elif not isinstance(command, commands.Log) or command.level >= logging.WARNING:
                    yield command


def _place(error: BaseException) -> str:
    """The function that raised: what mitmproxy says in an error's text may quote the traffic."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_qualname if trace else "?"


class InlineHandler(mode_servers.ProxyConnectionHandler):
    """One client connection with its upstream connections."""

    hooks: Hooks
    endings: Endings
    proxy_protocol: bool
    _proxy_head: bytes

    async def handle_client(self) -> None:
        self.layer: Any = _Inline(self.layer, self)
        if self.proxy_protocol and not await self._take_proxy_head():
            return
        await super().handle_client()

    async def _take_proxy_head(self) -> bool:
        """Whether it was there: who does not send it is not the load balancer, and may claim no address."""
        transport = self.transports[self.client]
        try:
            async with asyncio.timeout(_PROXY_HEAD_S):
                head = await read_proxy_head(transport.reader)  # type: ignore[arg-type]  # TCP, so a StreamReader
        except (NoProxyHead, OSError, asyncio.IncompleteReadError, TimeoutError):
            transport.writer.close()  # type: ignore[union-attr]
            return False
        self._proxy_head = head.raw
        if head.client is not None:
            self.client.peername = head.client
        return True

    async def handle_hook(self, hook: commands.StartHook) -> None:
        if self.proxy_protocol and isinstance(hook, ServerConnectedHook):
            writer = self.transports[hook.data.server].writer
            writer.write(self._proxy_head)  # type: ignore[union-attr]  # the upstream gets what it got without us
        self.hooks.run(hook)

    def log(self, message: str, level: int = logging.INFO, exc_info: Any = None) -> None:
        if level >= logging.WARNING:  # below that it is one connection's story
            super().log(message, level, exc_info)

    async def on_timeout(self) -> None:
        self.endings.timed_out.add(self.client)
        await super().on_timeout()

    def note_end(self, connection: Connection) -> None:
        """A reader keeps the error that broke its connection; one that was closed has none."""
        transport = self.transports.get(connection)
        reader = transport.reader if transport else None
        if isinstance(reader, asyncio.StreamReader) and reader.exception() is not None:
            self.endings.reset.add(connection)


@contextmanager
def inline_handlers(master: Master, endings: Endings, *, proxy_protocol: bool) -> Iterator[None]:
    """Within it, connections that are accepted get such a handler."""

    class Handler(InlineHandler):
        hooks = Hooks(master)

    Handler.endings = endings
    Handler.proxy_protocol = proxy_protocol
    replaced = mode_servers.ProxyConnectionHandler
    mode_servers.ProxyConnectionHandler = Handler  # type: ignore[misc]  # there is no other way to name one's own
    try:
        yield
    finally:
        mode_servers.ProxyConnectionHandler = replaced  # type: ignore[misc]


def no_endings() -> Endings:
    return Endings(reset=WeakSet(), timed_out=WeakSet())
