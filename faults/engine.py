"""Which engine makes the faults, chosen and started: a Toxiproxy that runs, one that we start, or the embedded one."""

import ipaddress
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

import foreshock
from faults.child import EmbeddedChild
from faults.finishing import in_thread
from faults.tapclient import Taps
from faults.toxiproxy import Server
from foreshock.errors import HarnessError, UsageError

Choice = Literal["auto", "toxiproxy", "embedded"]

BINARY = "toxiproxy-server"
_REPOSITORY = Path(__file__).resolve().parent.parent


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A Toxiproxy that runs without us, at `url`: it stays, our proxies on it don't."""

    url: str


class Binary(msgspec.Struct, frozen=True, kw_only=True):
    """A Toxiproxy to start, and to stop."""

    path: Path


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """No Toxiproxy."""


def choose(choice: Choice, environ: Mapping[str, str], folders: Sequence[Path]) -> Running | Binary | Embedded:
    """What `choice` means here: TOXIPROXY_URL, else a toxiproxy-server on PATH or in `folders`, else the embedded one.

    Raises UsageError for no choice at all, HarnessError where 'toxiproxy' is wanted and none is there.
    """
    if choice not in ("auto", "toxiproxy", "embedded"):
        raise UsageError(f"engine={choice!r}: expected 'auto', 'toxiproxy' or 'embedded'")
    if choice == "embedded":
        return Embedded()
    if url := environ.get("TOXIPROXY_URL"):
        return Running(url=control_api(url, "TOXIPROXY_URL"))
    path = shutil.which(BINARY, path=os.pathsep.join([environ.get("PATH", ""), *map(str, folders)]))
    if path is not None:
        return Binary(path=Path(path))
    if choice == "toxiproxy":
        raise HarnessError(
            f"engine='toxiproxy': no TOXIPROXY_URL, and no {BINARY} on PATH or in .tools: "
            "run `make toxiproxy` (needs Go), or choose engine: embedded"
        )
    return Embedded()


def tool_folders() -> tuple[Path, ...]:
    """Where the project keeps a toxiproxy-server: .tools of the current folder and of the repository."""
    return (Path.cwd() / ".tools", _REPOSITORY / ".tools")


class Engine:
    """Our child, with the embedded server and the taps that every link passes, and `toxics`: the server of the toxics.

    That is the embedded one, or a real Toxiproxy (`real`), which may have been there before us, and stays (`shared`).
    """

    def __init__(self, child: EmbeddedChild, embedded: Server, toxics: Server, *, name: str, shared: bool) -> None:
        self.child = child
        self.embedded = embedded
        self.taps = Taps(embedded.api)
        self.toxics = toxics
        self.name = name  # 'toxiproxy 2.12.0', 'embedded 0.1.0'
        self.shared = shared

    @property
    def real(self) -> bool:
        return self.toxics is not self.embedded


@asynccontextmanager
async def running(chosen: Running | Binary | Embedded, seed: int) -> AsyncIterator[Engine]:
    """The engine, ready; on the way out what we started is stopped. Raises HarnessError."""
    if isinstance(chosen, Running):  # before anything is started
        await in_thread(_check_running, chosen.url)
    async with AsyncExitStack() as on_the_way_out:
        child = EmbeddedChild(seed=seed, toxiproxy=chosen.path if isinstance(chosen, Binary) else None)
        on_the_way_out.push_async_callback(in_thread, child.stop)
        ready = await in_thread(child.wait_ready)
        embedded = on_the_way_out.enter_context(closing(Server(ready.api, "the embedded proxy")))
        url = chosen.url if isinstance(chosen, Running) else ready.toxiproxy
        if url is None:
            yield Engine(child, embedded, embedded, name=f"embedded {foreshock.__version__}", shared=False)
            return
        toxics = on_the_way_out.enter_context(closing(Server(url)))
        name = f"toxiproxy {await in_thread(toxics.version)}"
        yield Engine(child, embedded, toxics, name=name, shared=isinstance(chosen, Running))


def _check_running(url: str) -> None:
    with closing(Server(url)) as server:
        server.version()


def control_api(url: str, named: str) -> str:
    """`url` with its scheme, if it is of a server on this machine: proxies are never bound beyond loopback.

    `named` is what the user calls it by, in messages. Raises UsageError, HarnessError for a host that nobody knows.
    """
    full = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(full)
        usable = parts.scheme == "http" and parts.hostname and parts.port
    except ValueError:
        usable = None
    if not usable:
        raise UsageError(f"{named}={url}: expected the control API's address, such as http://127.0.0.1:8474")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise HarnessError(f"{named}={url}: host {parts.hostname} is not known ({error.strerror})") from None
    if not all(ipaddress.ip_address(address).is_loopback for address in found):
        raise UsageError(
            f"{named}={url}: expected a server on loopback, because proxies are not bound beyond it; "
            "in containers let both share one network (network_mode: service:toxiproxy)"
        )
    return full
