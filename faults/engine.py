"""Which engine makes the faults, chosen and started: a Toxiproxy that runs, one that we start, or the embedded one."""

import ipaddress
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

import foreshock
from faults.child import EmbeddedChild
from faults.course import Level
from faults.finishing import in_thread
from faults.probing import lacking
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

    def __init__(
        self,
        child: EmbeddedChild,
        embedded: Server,
        toxics: Server,
        *,
        name: str,
        shared: bool,
        lacks: Collection[str] = (),
    ) -> None:
        self.child = child
        self.embedded = embedded
        self.taps = Taps(embedded.api)
        self.toxics = toxics
        self.name = name  # 'toxiproxy 2.12.0', 'embedded 0.1.0'
        self.shared = shared
        self._lacks = frozenset(lacks)  # types of toxics

    def check_has(self, fault: str, levels: Iterable[Level]) -> None:
        """Raises HarnessError if the server lacks a type of toxic that the fault of that id needs at one of them."""
        for toxic in [toxic for level in levels if isinstance(level, tuple) for toxic in level]:
            if toxic.type in self._lacks:
                raise HarnessError(
                    f"fault {fault!r} needs toxic {toxic.type}, which {self.name} at {self.toxics.url} lacks: give it "
                    "a newer Toxiproxy (2.12 has all), or choose engine: embedded"
                )

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
        shared = isinstance(chosen, Running)
        last_words = (lambda: "") if shared else partial(_last_words, embedded)
        toxics = on_the_way_out.enter_context(closing(Server(url, last_words=last_words)))
        name = f"toxiproxy {await in_thread(toxics.version)}"
        lacks = await in_thread(lacking, toxics)
        yield Engine(child, embedded, toxics, name=name, shared=shared, lacks=lacks)


class _Ended(msgspec.Struct, frozen=True):
    """What `GET /realserver` of the child says of the real server that it started."""

    alive: bool
    exit: int | None = None  # below 0: the signal
    last_words: str = ""


def _last_words(child: Server) -> str:
    """How the real server that the child started came to its end; '' while it lives, or if nobody knows."""
    try:
        ended = msgspec.json.decode(child.api.get("/realserver").content, type=_Ended)
    except (HarnessError, msgspec.DecodeError):
        return ""
    if ended.alive:
        return ""
    code = ended.exit or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"it {how}{f'; its last words: {ended.last_words}' if ended.last_words else ''}"


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
