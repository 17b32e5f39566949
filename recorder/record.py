"""`foreshock record`: checks first, then a reverse proxy that records until SIGINT or SIGTERM."""

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from foreshock.errors import HarnessError, UsageError
from recorder.intake import Intake
from recorder.key import read_key

_REACH_S = 5.0  # how long the upstream may take to accept a connection


def run_recorder(upstream: str, listen: str, out: Path, *, key_file: Path | None = None) -> int:
    """Records what clients send to `listen` ('HOST:PORT', port 0 for any free one) and `upstream` answers into `out`.

    Prints one line when ready and one with the counts at the end. Returns 0, or 3 if the disk failed meanwhile; raises
    UsageError or HarnessError where recording cannot begin. Belongs in the main thread, as signals do.
    """
    target = parse_upstream(upstream)
    host, port = parse_listen(listen)
    if out.exists():
        raise UsageError(f"out={out} is already there and is not written over; name another or remove it")
    key = read_key(key_file)
    _check_port(host, port)
    _check_upstream(target)
    from recorder.addon import tools  # here: only recording takes the second that loading mitmproxy costs,
    from recorder.master import serve  # and before the folder is made, so that a signal meanwhile leaves nothing

    def ready(bound_port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        print(f"recording http://{shown}:{bound_port} -> {upstream} into {out}", flush=True)  # noqa: T201 (its output)

    intake = Intake.into(out, upstream=upstream, key=key, tools=tools(), on_failure=_tell)
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # mitmproxy 12 fails on uvloop
            runner.run(_until_a_signal(partial(serve, target, host, port, intake, on_ready=ready, tell=_tell)))
    finally:
        counts = intake.close()
    print(f"recorded {out}: {counts}", flush=True)  # noqa: T201
    return 3 if intake.failure else 0


async def _until_a_signal(serve: Callable[..., Awaitable[None]]) -> None:
    """Calls `serve(stop=...)`, with an event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(stop=stop)


def parse_upstream(upstream: str) -> SplitResult:
    """UsageError unless it is http or https with a host and nothing after the port."""
    wanted = "expected http://HOST[:PORT] or https://HOST[:PORT]"
    try:
        target = urlsplit(upstream)
        known = target.scheme in ("http", "https") and target.hostname and target.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"upstream={upstream!r}: {wanted}")
    if target.path not in ("", "/") or target.query or target.fragment or target.username is not None:
        raise UsageError(f"upstream={upstream!r}: {wanted}, without user, path or query; paths are the clients'")
    return target


def parse_listen(listen: str) -> tuple[str, int]:
    """(host, port). UsageError unless it is HOST:PORT; IPv6 in brackets."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise UsageError(f"listen={listen!r}: expected HOST:PORT such as 127.0.0.1:8080; port 0 takes any free one")
    return host, int(port)


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        mend = "stop what listens there, or name another with --listen (port 0 takes any free one)"
        raise HarnessError(f"listen={host}:{port} cannot be listened on: {_reason(error)}; {mend}") from None


def _check_upstream(target: SplitResult) -> None:
    port = target.port or {"http": 80, "https": 443}[target.scheme]
    try:
        socket.create_connection((target.hostname or "", port), timeout=_REACH_S).close()
    except OSError as error:
        mend = "start it first, or mend --upstream"
        raise HarnessError(f"upstream={target.geturl()} is out of reach: {_reason(error)}; {mend}") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _tell(line: str) -> None:
    print(f"foreshock record: {line}", file=sys.stderr, flush=True)  # noqa: T201
