"""Ending without cutting anybody off: no new connections, idle ones closed, and the exchanges under way awaited."""

import asyncio
import time
from collections.abc import Callable, Collection

from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.options import Options

_LOOK_S = 0.02


async def drain(options: Options, server: Proxyserver, busy: Callable[[], Collection[str]], at_most_s: float) -> None:
    """Returns when no exchange is under way, or after `at_most_s`.

    A client connection is closed as soon as no exchange is under way on it, as a server does that restarts. `busy`
    gives the ids of the others.
    """
    options.update(server=False)  # type: ignore[no-untyped-call]  # stops listening, leaves connections as they are
    give_up_s = time.monotonic() + at_most_s
    while server.connections and time.monotonic() < give_up_s:
        under_way = busy()
        for handler in list(server.connections.values()):
            client = handler.client
            transport = handler.transports.get(client)
            if client.id not in under_way and transport is not None and transport.handler is not None:
                handler.close_connection(client)
        await asyncio.sleep(_LOOK_S)  # what takes up to seconds is looked at, for mitmproxy tells nobody
