"""`foreshock record`: checks first, then a proxy that records until SIGINT or SIGTERM; a second one ends it at once."""

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from foreshock.errors import HarnessError, UsageError
from recorder.intake import Intake
from recorder.keeping import Keeping
from recorder.key import read_key
from recorder.listen.beside import Beside, Sources
from recorder.losses import losses, unrecorded
from recorder.order import Listen, Order
from recorder.policy import Policy
from recorder.redact import DEFAULT
from recorder.tools import tools
from recorder.upstreams import Upstream

if TYPE_CHECKING:
    from recorder.master import Stop

_SWITCH_S = 0.0005  # how long the thread that redacts may keep the proxy waiting: Python's 5 ms add up at every write
_REACH_S = 5.0  # how long the upstream may take to accept a connection


def run_recorder(
    order: Order,
    out: Path,
    *,
    key_file: Path | None = None,
    policy: Policy = DEFAULT,
    recorder: str = "",
    encrypt_key_file: Path | None = None,
    keeping: Keeping = Keeping(),  # noqa: B008 (frozen)
    sources: Sources = Sources(),  # noqa: B008 (frozen)
) -> int:
    """Records into `out` what `order` says, redacted by `policy`; with the id of a `recorder`, as one of several.

    Prints one line when ready and one with the counts at the end, and a warning for each loss. Returns 0, or 3 if the
    disk failed meanwhile; raises UsageError or HarnessError where recording cannot begin. Belongs in the main thread,
    as signals do.
    """
    if out.exists() and not recorder:
        raise UsageError(f"out={out} is already there and is not written over; name another or remove it")
    if recorder and key_file is None:
        raise UsageError(f"recorder={recorder}: several recorders know each other's sessions by one --key-file")
    key = read_key(key_file)
    encrypt_key = read_key(encrypt_key_file) if encrypt_key_file else None
    for listen in order.listens:
        _check_port(listen)
    for upstream in order.reached:
        _check_upstream(upstream)
    from recorder.master import serve  # here: only recording takes the second that loading mitmproxy costs, and
    # before the folder is made, so that a signal meanwhile leaves nothing

    keeping = msgspec.structs.replace(keeping, body_cap_bytes=order.body_cap_bytes)
    sys.setswitchinterval(_SWITCH_S)
    intake = Intake.into(
        out,
        upstream=order.named,
        key=key,
        tools=tools(),
        policy=policy,
        recorder=recorder,
        encrypt_key=encrypt_key,
        keeping=keeping,
        on_failure=_tell,
    )
    out = intake.folder
    ready = partial(_say_ready, order, out)
    beside = Beside(sources, intake, intake.anchor.elapsed_s) if sources else None
    try:
        with (
            beside or nullcontext(),
            asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        ):  # mitmproxy 12 fails on uvloop
            runner.run(_until_a_signal(partial(serve, order, intake, key=key, on_ready=ready, tell=_tell)))
    except (HarnessError, UsageError):
        intake.close()
        shutil.rmtree(out)  # nothing was recorded: it must not be in the way of the next try
        raise
    finally:
        counts = intake.close()
    heard = beside.told if beside else ()
    for line in (*unrecorded(intake.passed), *losses(counts, intake.signals, intake.messages), *heard):
        _tell(line)
    talked = f"; messages of sockets and streams: {intake.messages}" if intake.messages.seen else ""
    print(f"recorded {out}: {counts}{talked}", flush=True)  # noqa: T201
    return 3 if intake.failure else 0


def _say_ready(order: Order, out: Path, ports: Sequence[int]) -> None:
    if order.tls.ca_folder is not None:
        from recorder.master import CA_FILE

        _tell(f"clients have to trust {order.tls.ca_folder / CA_FILE}")
    bound = [listen._replace(port=port) for listen, port in zip(order.listens, ports, strict=False)]
    where = ", ".join(f"{_scheme(order)}://{listen.shown}" for listen in bound) or order.mode
    print(f"recording {where} -> {order.named} into {out}", flush=True)  # noqa: T201 (its output)


def _scheme(order: Order) -> str:
    if order.mode == "reverse":
        return "https" if order.tls.cert else "http"
    return "socks5" if order.mode == "socks5" else "http"


async def _until_a_signal(serve: Callable[..., Awaitable[None]]) -> None:
    """Calls `serve(stop=...)`: the first SIGINT or SIGTERM sets `stop.gently`, the second `stop.now`."""
    from recorder.master import Stop

    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _on_signal, stop)
    await serve(stop=stop)


def _on_signal(stop: "Stop") -> None:
    if stop.gently.is_set():
        stop.now.set()
    stop.gently.set()


def _check_port(listen: Listen) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        mend = "stop what listens there, or name another with --listen (port 0 takes any free one)"
        raise HarnessError(f"listen={listen.shown} cannot be listened on: {_reason(error)}; {mend}") from None


def _check_upstream(upstream: Upstream) -> None:
    try:
        socket.create_connection((upstream.host, upstream.port), timeout=_REACH_S).close()
    except OSError as error:
        mend = "start it first, or mend --upstream"
        raise HarnessError(f"upstream={upstream.url} is out of reach: {_reason(error)}; {mend}") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _tell(line: str) -> None:
    print(f"foreshock record: {line}", file=sys.stderr, flush=True)  # noqa: T201
