"""The server on its own, in the foreground, in place of `toxiproxy-server`: until SIGINT or SIGTERM."""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import uvloop

from faults.embedded.address import AddressError
from faults.embedded.decoding import BadBody, ProxyBody, read
from faults.embedded.proxies import Proxies
from faults.embedded.proxy import Proxy
from faults.embedded.refusal import ApiError
from faults.embedded.serverlease import ServerLease
from faults.embedded.serving import Serving, take_all_descriptors
from foreshock.duration import format_duration, parse_duration_s
from foreshock.errors import HarnessError, UsageError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LONGEST_LEASE_MS = (1 << 31) - 1


def run_toxiproxy(
    host: str, port: int, *, config: Path | None, seed: int, lease: str | None = None, say: Callable[[str], None]
) -> int:
    """0 once it was told to end; `say` hears where it is. `lease` is a duration: it starts with a lease that long.

    Raises UsageError for the file and the lease, HarnessError for ports.
    """
    lease_ms = None if lease is None else _milliseconds(lease)
    wanted = [] if config is None else read_config(config)
    take_all_descriptors()
    return uvloop.run(_serve(host, port, seed, config, wanted, lease_ms, say))


def read_config(path: Path) -> list[ProxyBody]:
    """The proxies of a Toxiproxy configuration, which may have toxics here. Raises UsageError with the place."""
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}:{error.colno}: expected JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, numbers of thousands of digits, lists in lists in lists
        raise UsageError(f"{path}: expected JSON: {error}") from None
    try:
        return read(text.encode(), list[ProxyBody])
    except BadBody as error:
        raise UsageError(f"{path}: {_plain(error)}; expected a list of proxies, as for /populate") from None


def _milliseconds(lease: str) -> int:
    try:
        lease_ms = round(parse_duration_s(lease) * 1000)
    except ValueError as error:
        raise UsageError(f"--lease={lease}: {error}") from None
    if not 1 <= lease_ms <= _LONGEST_LEASE_MS:
        raise UsageError(f"--lease={lease}: expected 1ms to {_LONGEST_LEASE_MS}ms")
    return lease_ms


async def _serve(
    host: str,
    port: int,
    seed: int,
    config: Path | None,
    wanted: list[ProxyBody],
    lease_ms: int | None,
    say: Callable[[str], None],
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with ExitStack() as on_the_way_out:
        for signum in _SIGNALS:
            loop.add_signal_handler(signum, stop.set)
            on_the_way_out.callback(loop.remove_signal_handler, signum)
        try:
            serving = await Serving.start(host, port, seed)
        except AddressError as error:
            raise HarnessError(f"{error}; choose another with --host and --port") from None
        on_the_way_out.callback(serving.end)
        if config is not None:
            await _populate(serving.proxies, config, wanted)
        lease = ServerLease(serving.proxies)
        lease.mount(serving.routes)
        on_the_way_out.callback(lease.end)
        if lease_ms is not None:
            lease.take(lease_ms)
        say(f"{serving.version} answers Toxiproxy's API at {serving.url}, with {len(wanted)} proxies; Ctrl-C ends it")
        if lease_ms is not None:
            within = format_duration(lease_ms / 1000)
            say(f"every link is healed if nobody renews the lease (PUT /lease) within {within}")
        await stop.wait()
    return 0


async def _populate(proxies: Proxies, config: Path, wanted: list[ProxyBody]) -> None:
    done: list[Proxy] = []
    try:
        await proxies.populate(wanted, done)
    except ApiError as error:
        if error.status < 500:
            raise UsageError(f"{config}: {error}") from None
        raise HarnessError(f"{config}: proxy {wanted[len(done)].name!r}: {error}") from None
    except BadBody as error:
        raise UsageError(f"{config}: {_plain(error)}") from None


def _plain(error: BadBody) -> str:
    """Without what is meant for clients of the API."""
    return str(error).removeprefix("bad request body: json: ")
