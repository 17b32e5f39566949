"""A slim mitmproxy, with only the add-ons that recording needs, and connection handlers of our own.

It serves what an `Order` says: a reverse proxy, or a forward one in any of mitmproxy's modes.
"""

import asyncio
import logging
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mitmproxy.addons import next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master
from mitmproxy.options import Options

from foreshock.errors import HarnessError
from recorder.body import Cap
from recorder.drain import drain
from recorder.inline import inline_handlers, no_endings
from recorder.intake import Intake
from recorder.mends import mended
from recorder.order import Listen, Order
from recorder.passing import Passing
from recorder.steering import Steering
from recorder.watcher import Watcher

Ready = Callable[[Sequence[int]], None]
CA_FILE = "mitmproxy-ca-cert.pem"  # in the CA's folder: what clients have to trust


class Stop:
    """`gently` drains first, `now` does not wait for anybody."""

    def __init__(self) -> None:
        self.gently = asyncio.Event()
        self.now = asyncio.Event()


class _Running:
    """Tells the listening ports once they are there; ends the master if one is missing."""

    def __init__(self, order: Order, on_ready: Ready, server: proxyserver.Proxyserver, end: Callable[[], None]) -> None:
        self.failed = False
        self._order = order
        self._on_ready = on_ready
        self._server = server
        self._end = end

    def running(self) -> None:
        instances = list(self._server.servers)
        if instances and all(instance.is_running for instance in instances):
            self._on_ready([instance.listen_addrs[0][1] for instance in instances if instance.listen_addrs])
        else:
            self.failed = True
            self._end()


class _Complaints(logging.Handler):
    """mitmproxy's own errors, a line each; what it says below that concerns single connections."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self.last = ""
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage().splitlines()[0]
        self._tell(f"mitmproxy: {self.last}")


async def serve(
    order: Order, intake: Intake, *, key: bytes, stop: Stop, on_ready: Ready, tell: Callable[[str], None]
) -> None:
    """Proxies and records until `stop` is set. HarnessError if it cannot listen.

    `on_ready` gets the ports in the order of the listen addresses.
    """
    complaints = _Complaints(tell)
    logging.getLogger().addHandler(complaints)
    try:
        with ExitStack() as stack:
            folder = order.tls.ca_folder
            if folder is None:  # mitmproxy wants one of its own, whether anybody trusts it or not
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foreshock-mitmproxy-")))
            stack.enter_context(mended())
            await _serve(order, intake, folder, key, stop, on_ready, complaints)
    finally:
        logging.getLogger().removeHandler(complaints)


async def _serve(
    order: Order, intake: Intake, folder: Path, key: bytes, stop: Stop, on_ready: Ready, complaints: _Complaints
) -> None:
    options = Options(mode=modes_of(order), confdir=str(folder))
    master = Master(options)
    endings, passing = no_endings(), Passing(intake.pass_by, serves_tls=_speaks_tls(order))
    watcher = Watcher(intake, cap=Cap(order.body_cap_bytes, key), alone=True, endings=endings)
    server = proxyserver.Proxyserver()  # type: ignore[no-untyped-call]  # as below: mitmproxy types only a part of it
    running = _Running(order, on_ready, server, master.shutdown)
    tls = [passing, tlsconfig.TlsConfig()] if _speaks_tls(order) else [passing]
    steering = Steering(order.upstreams, steered=frozenset(_steered(order)))
    master.addons.add(server, watcher, steering, next_layer.NextLayer(), *tls, running)  # type: ignore[no-untyped-call]
    options.update(**_options(order))  # type: ignore[no-untyped-call]
    stopping = asyncio.create_task(_shutdown_on(stop, master, server, watcher, order.drain_s))
    try:
        with inline_handlers(master, endings, proxy_protocol=order.proxy_protocol):
            await master.run()
    finally:
        stopping.cancel()
        asyncio.get_running_loop().set_exception_handler(_quiet_about_the_cancelled)
    if running.failed:
        where = "".join(f"listen={listen.shown} " for listen in order.listens)
        raise HarnessError(f"{where}mode={order.mode} cannot be served here: {complaints.last or 'no reason given'}")


def _options(order: Order) -> dict[str, Any]:
    tls = order.tls
    first = order.listens[0] if order.listens else Listen("127.0.0.1", 0)
    return {
        "listen_host": first.host,
        "listen_port": first.port,
        "connection_strategy": "lazy",  # an upstream that is down is then the error of a request, not of a connection
        "keep_host_header": True,  # and where it must not be kept, the steering sees to it
        "http3": False,
        "certs": [f"*={tls.cert}"] if tls.cert else [],
        "client_certs": str(tls.client_certs) if tls.client_certs else None,
        "ssl_verify_upstream_trusted_ca": str(tls.upstream_ca) if tls.upstream_ca else None,
        "ssl_insecure": tls.insecure,
        **({"request_client_cert": True} if tls.ask_clients else {}),  # known only where TLS is spoken
    }


def _speaks_tls(order: Order) -> bool:
    """Whether any side may. Else no certificates are read or made: making a key takes longer than all the rest."""
    asked = order.tls.cert or order.tls.ca_folder
    return bool(asked) or not order.reached or any(one.scheme == "https" for one in order.reached)


def modes_of(order: Order) -> list[str]:
    """As mitmproxy names them, one for each listen address; the first has its address in the options."""
    return [_mode(order, listen, first=number == 0) for number, listen in enumerate(order.listens)] or [order.mode]


def _mode(order: Order, listen: Listen, *, first: bool) -> str:
    mode = order.mode
    if mode == "reverse":
        upstream = listen.upstream or (order.upstreams.default if order.upstreams else None)
        assert upstream is not None
        mode = f"reverse:{upstream.url}"
    return mode if first else f"{mode}@{listen.shown}"


def _steered(order: Order) -> list[str]:
    """The modes in which the path decides."""
    if order.upstreams is None:
        return []
    modes = zip(modes_of(order), order.listens, strict=True)
    return [mode for mode, listen in modes if listen.upstream is None]


def _quiet_about_the_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Client connections are cancelled at the end; Python 3.11 logs a traceback of each (python/cpython#113538)."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def _shutdown_on(
    stop: Stop, master: Master, server: proxyserver.Proxyserver, watcher: Watcher, drain_s: float
) -> None:
    await stop.gently.wait()
    draining = asyncio.create_task(drain(master.options, server, lambda: watcher.busy, drain_s))
    at_once = asyncio.create_task(stop.now.wait())
    await asyncio.wait([draining, at_once], return_when=asyncio.FIRST_COMPLETED)
    draining.cancel()
    at_once.cancel()
    master.shutdown()  # type: ignore[no-untyped-call]
