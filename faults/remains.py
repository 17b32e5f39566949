"""What killed runs left on a real Toxiproxy: found, undone, read back, and told in plain sentences.

A dead run's journal (`faults.healing`) names what may be left. Its proxies lose their toxics and are enabled; then they
are taken away, unless the run's relays outlived it: those still pass traffic through them, and take them away later.
"""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import requests

from faults.healing import Journal, journals, orphaned, read_journal
from faults.toxiproxy import Hangs, NotToxiproxy, OutOfReach, Proxy, Refused, Server
from foreshock.errors import HarnessError

OURS = "foreshock-"  # how the names of all our proxies begin


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one dead run's remains, or of a server's. `trouble` is why it is not healed, '' when it is."""

    of: str  # 'run demo (pid 4711, begun ...) on Toxiproxy at http://127.0.0.1:8474'
    done: tuple[str, ...] = ()  # a sentence each
    trouble: str = ""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """`alive` are the runs that were left alone."""

    remains: tuple[Remains, ...] = ()
    alive: tuple[str, ...] = ()


def heal_journals(folder: Path, read_s: float, url: str | None = None) -> Looked:
    """Undoes what the journals of dead runs name, on every server or on `url` alone.

    A journal goes once nothing of it is left. Raises HarnessError where a living run's journal can't be read.
    """
    living = _proxies_of_the_living(folder)
    healer = _Healer(living, read_s)
    alive, remains = [], []
    for path in journals(folder):
        with orphaned(path) as is_dead:
            if not is_dead:
                alive.append(path.stem)
            elif found := healer.heal(path, url):
                remains.append(found)
    return Looked(remains=tuple(remains), alive=tuple(alive))


def heal_server(url: str, folder: Path, read_s: float, *, everybodys: bool) -> Remains:
    """Rids the server of all of ours that no living run of this user needs, journal or not.

    What is ours is taken away. What others made stays, and is healed only if `everybodys`.
    """
    of = f"Toxiproxy at {url}"
    mending = _Mending()
    try:
        with closing(Server(url, read_s=read_s)) as server:
            server.version()
            proxies = server.proxies()  # before the journals are read: those of the living name all that is in here
            needed = _proxies_of_the_living(folder)
            for name, proxy in proxies.items():
                if name in needed:
                    mending.say(name, "left alone, its run is alive")
                elif name.startswith(OURS) or everybodys:
                    mending.mend(proxy, stays=not name.startswith(OURS))
    except HarnessError as error:
        return Remains(of=of, done=tuple(mending.done), trouble=str(error))
    return Remains(of=of, done=tuple(mending.done), trouble="; ".join(mending.troubles))


class _Healer:
    """`living` are the proxies that living runs have. A server that can't be talked to is waited for only once."""

    def __init__(self, living: Collection[str], read_s: float) -> None:
        self._living = living
        self._read_s = read_s
        self._ill: set[str] = set()

    def heal(self, path: Path, url: str | None) -> Remains | None:
        """None of a run that never came to do anything, and of one on another server than `url`."""
        try:
            journal = read_journal(path)
        except HarnessError as error:
            return Remains(of=f"journal {path}", trouble=str(error))
        if journal is None:
            path.unlink(missing_ok=True)
            return None
        if url is not None and _place(url) != _place(journal.opening.url):
            return None
        mending = _Mending()
        trouble = self._tried(journal, mending)
        if not trouble and not mending.staying:
            path.unlink(missing_ok=True)
        opening = journal.opening
        of = f"run {opening.run} (pid {opening.pid}, begun {opening.opened_at}) on Toxiproxy at {opening.url}"
        return Remains(of=of, done=tuple(mending.done), trouble=trouble)

    def _tried(self, journal: Journal, mending: "_Mending") -> str:
        """Why it is not healed; '' when it is."""
        opening, kept = journal.opening, f"its journal is kept: {journal.path}"
        if opening.url in self._ill:
            return f"Toxiproxy at {opening.url}: as above; {kept}"
        try:
            self._mend(journal, mending)
        except (OutOfReach, NotToxiproxy) as error:
            if opening.ends_with_run:
                mending.done.append("the run's own server has ended, and its proxies with it")
                return ""
            self._ill.add(opening.url)
            gone = "if that server has ended for good, nothing is left on it (it keeps all in memory): delete this file"
            return f"{error}; {kept}; {gone}"
        except Hangs as error:
            self._ill.add(opening.url)
            return f"{error}; {kept}"
        except HarnessError as error:
            return f"{error}; {kept}"
        return "; ".join([*mending.troubles, kept]) if mending.troubles else ""

    def _mend(self, journal: Journal, mending: "_Mending") -> None:
        with closing(Server(journal.opening.url, read_s=self._read_s)) as server:
            server.version()
            proxies = server.proxies()
            stay = _relays_live(journal.opening.taps, self._read_s)
            for name in journal.proxies:
                if name in self._living:
                    mending.say(name, "left alone, a living run has it now")
                elif name not in proxies:
                    mending.say(name, "was gone already")
                else:
                    mending.mend(proxies[name], stays=stay)
        if mending.staying:
            mending.done.append("its relays outlived it and pass traffic through these; they go when there is no more")


class _Mending:
    """Proxies of one server, mended one by one; one that refuses does not keep the others from it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.troubles: list[str] = []
        self.staying = False

    def say(self, name: str, what: str) -> None:
        self.done.append(f"proxy {name}: {what}")

    def mend(self, proxy: Proxy, *, stays: bool) -> None:
        """Without toxics and enabled, read back; then away with it, unless it `stays`. Raises if the server fails."""
        try:
            done = _healed(proxy, needed=stays)
            if not stays:
                proxy.destroy()
                done.append("took it away")
        except (Refused, _StillIll) as error:
            if isinstance(error, Refused) and error.status == requests.codes.not_found:
                self.say(proxy.name, "went away meanwhile")
            else:
                self.troubles.append(str(error))
        else:
            self.staying |= stays
            self.say(proxy.name, ", ".join(done) or "was well")


class _StillIll(HarnessError):
    """The server said yes, and it is not so."""


def _healed(proxy: Proxy, *, needed: bool) -> list[str]:
    """What was done to it. Raises Refused or _StillIll where it is not healed, read back."""
    toxics = sorted(proxy.toxics())
    for toxic in toxics:
        proxy.destroy_toxic(toxic)
    done = [f"removed toxic {toxic}" for toxic in toxics]
    if not proxy.enabled:
        done += _enabled(proxy, needed=needed)
    state = proxy.read()
    if left := sorted(str(toxic["name"]) for toxic in state["toxics"]):
        raise _StillIll(f"proxy {proxy.name} has toxics {', '.join(left)} again: who else works on it?")
    if needed and not state["enabled"]:
        raise _StillIll(f"proxy {proxy.name} is disabled again: who else works on it?")
    return done


def _enabled(proxy: Proxy, *, needed: bool) -> list[str]:
    try:
        proxy.enable()
    except Refused:  # somebody has its port by now, which matters only to one that stays
        if needed:
            raise
        return []
    return ["enabled it"]


def _relays_live(taps: str, read_s: float) -> bool:
    """Whether the dead run's relays are there, or something else that answers like them: then nothing is lost by it."""
    if not taps:
        return False
    with closing(Server(taps, "the embedded proxy", read_s=read_s)) as relays:
        try:
            relays.version()
        except (OutOfReach, NotToxiproxy):
            return False
        except HarnessError:
            return True
    return True


def _proxies_of_the_living(folder: Path) -> frozenset[str]:
    """That they have, or are about to make, on whatever server."""
    names: set[str] = set()
    for path in journals(folder):
        with orphaned(path) as is_dead:
            if not is_dead and (journal := read_journal(path)):
                names.update(journal.proxies)
    return frozenset(names)


def _place(url: str) -> str:
    """Its host and port, the same for both names that loopback mostly has."""
    return urlsplit(url).netloc.replace("localhost", "127.0.0.1")
