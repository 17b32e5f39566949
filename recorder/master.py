"""A slim mitmproxy: a reverse proxy with only the add-ons that recording needs.

The system must see each request as its client sent it, so nothing is rewritten: to `http` upstreams the Host header
goes as it came. To `https` ones it becomes the upstream's own name: certificate and virtual host hang on it.
"""

import asyncio
import logging
import tempfile
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult

from mitmproxy.addons import next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master
from mitmproxy.options import Options

from foreshock.errors import HarnessError
from recorder.addon import RecorderAddon
from recorder.intake import Intake


class _Running:
    """Tells the listening port once there is one; ends the master if there is none."""

    def __init__(
        self, on_ready: Callable[[int], None], server: proxyserver.Proxyserver, shutdown: Callable[[], None]
    ) -> None:
        self.failed = False
        self._on_ready = on_ready
        self._server = server
        self._shutdown = shutdown

    def running(self) -> None:
        addresses = self._server.listen_addrs()
        if addresses:
            self._on_ready(addresses[0][1])
        else:
            self.failed = True
            self._shutdown()


class _Complaints(logging.Handler):
    """mitmproxy's own errors, a line each; what it says below that concerns single connections."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(f"mitmproxy: {record.getMessage().splitlines()[0]}")


async def serve(
    upstream: SplitResult,
    host: str,
    port: int,
    intake: Intake,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[int], None],
    tell: Callable[[str], None],
) -> None:
    """Proxies and records until `stop` is set. HarnessError if it cannot listen."""
    complaints = _Complaints(tell)
    logging.getLogger().addHandler(complaints)
    try:
        # mitmproxy wants a folder for certificates of its own; the user's ~/.mitmproxy is none of our business.
        with tempfile.TemporaryDirectory(prefix="foreshock-mitmproxy-") as folder:
            await _serve(upstream, host, port, intake, folder, stop, on_ready)
    finally:
        logging.getLogger().removeHandler(complaints)


async def _serve(
    upstream: SplitResult,
    host: str,
    port: int,
    intake: Intake,
    folder: str,
    stop: asyncio.Event,
    on_ready: Callable[[int], None],
) -> None:
    options = Options(
        mode=[f"reverse:{upstream.scheme}://{upstream.netloc}"], listen_host=host, listen_port=port, confdir=folder
    )
    master = Master(options)
    server = proxyserver.Proxyserver()  # type: ignore[no-untyped-call]  # as below: mitmproxy types only a part of it
    running = _Running(on_ready, server, master.shutdown)
    # Certificates are read and made only where TLS is spoken: making a key takes longer than all the rest.
    tls = [tlsconfig.TlsConfig()] if upstream.scheme == "https" else []
    master.addons.add(server, next_layer.NextLayer(), *tls, RecorderAddon(intake), running)  # type: ignore[no-untyped-call]
    options.update(  # type: ignore[no-untyped-call]
        connection_strategy="lazy",  # an upstream that is down is then the error of a request, not of a connection
        keep_host_header=upstream.scheme == "http",
        http2=False,  # the upstream gets the HTTP/1.1 that the client spoke
        http3=False,
    )
    stopping = asyncio.create_task(_shutdown_on(stop, master))
    try:
        await master.run()
    finally:
        stopping.cancel()
        asyncio.get_running_loop().set_exception_handler(_quiet_about_the_cancelled)
    if running.failed:
        raise HarnessError(f"listen={host}:{port} cannot be listened on; name another with --listen")


def _quiet_about_the_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Client connections are cancelled at the end; Python 3.11 logs a traceback of each (python/cpython#113538)."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def _shutdown_on(stop: asyncio.Event, master: Master) -> None:
    await stop.wait()
    master.shutdown()  # type: ignore[no-untyped-call]
