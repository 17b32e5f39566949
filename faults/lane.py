"""A lane: one proxy of the toxics' server, and the toxics that are on it now, of one fault or of several.

A link has a main lane, which every connection takes, and one more for whatever takes only some of them. The calls here
block, each until the server has said that it is done.
"""

import socket
from collections.abc import Callable

from faults.course import Down, Level
from faults.toxic import Toxic
from faults.toxiproxy import Proxy, Refused, Server
from foreshock.errors import HarnessError

LISTEN = "127.0.0.1:0"  # where a lane listens for its tap, or for the replayer

AboutTo = Callable[[str, str], None]  # (proxy, what): told before anything is changed on a server


class Lane:
    """`address` is where it is reached. `real`: its server is a real Toxiproxy, with that one's faults."""

    def __init__(self, server: Server, name: str, upstream: str, *, real: bool, about_to: AboutTo) -> None:
        """Made on the server, without a toxic. Raises HarnessError."""
        self._server = server
        self._upstream = upstream
        self._real = real
        self._about_to = about_to
        self._levels: dict[str, tuple[Toxic, ...]] = {}  # by fault, in the order in which they came
        self._perhaps: set[str] = set()  # names of toxics that may be on: not known to be off
        self._crowded = False  # a real Toxiproxy has, or had, two toxics in one direction: see `_renew`
        self._proxy = self._create(name)

    @property
    def name(self) -> str:
        return self._proxy.name

    @property
    def address(self) -> str:
        """'127.0.0.1:41234'; another one after a change that had to make the proxy anew."""
        return str(self._proxy.listen)

    @property
    def remains(self) -> str:
        """What may be left on it, in words: 'proxy foreshock-r-pay of http://127.0.0.1:8474 (toxics f:up, f:down)'."""
        toxics = f"toxics {', '.join(sorted(self._perhaps))}" if self._perhaps else "no toxic that we know of"
        return f"proxy {self.name} of {self._server.url} ({toxics})"

    def set(self, fault: str, toxics: tuple[Toxic, ...]) -> None:
        """The toxics of `fault` are these from now on; of others nothing changes."""
        before = {toxic.name: toxic for toxic in self._levels.get(fault, ())}
        self._levels.pop(fault, None)
        if toxics:
            self._levels[fault] = toxics
        wanted = {toxic.name: toxic for toxic in toxics}
        self._remove([name for name in before if name not in wanted])
        for name, toxic in wanted.items():
            if name not in before:
                self._add(toxic)
            elif before[name] != toxic:
                self._about_to(self.name, f"toxic {name}")
                self._proxy.update_toxic(toxic)

    def heal(self) -> None:
        """No toxic and enabled, read back. Raises HarnessError if that can't be had."""
        self._levels.clear()
        if self._crowded:
            self._renew()
        if self.ill():
            for name in self._proxy.toxics():
                self._proxy.destroy_toxic(name)
            self._enable()
            if ill := self.ill():
                raise HarnessError(f"not healed: {ill}")
        self._perhaps.clear()

    def ill(self) -> str:
        """What the server says is not as it should be; '' when all is well."""
        state = self._proxy.read()
        left = [toxic["name"] for toxic in state["toxics"]]
        if not left and state["enabled"]:
            return ""
        return f"proxy {self.name} at {self._server.url} has toxics={left} enabled={state['enabled']}"

    def destroy(self) -> None:
        self._proxy.destroy()

    def _create(self, name: str) -> Proxy:
        self._about_to(name, "create")
        return self._server.create(self._upstream, name, LISTEN)

    def _add(self, toxic: Toxic) -> None:
        self._about_to(self.name, f"toxic {toxic.name}")
        self._perhaps.add(toxic.name)
        self._proxy.add_toxic(toxic)
        streams = [each.stream for toxics in self._levels.values() for each in toxics]
        self._crowded |= self._real and streams.count(toxic.stream) > 1

    def _remove(self, names: list[str]) -> None:
        if names and self._crowded:
            self._renew()
            return
        for name in names:
            self._proxy.destroy_toxic(name)
            self._perhaps.discard(name)

    def _enable(self) -> None:
        try:
            self._proxy.enable()
        except Refused:  # a disabled proxy of a real Toxiproxy gives up its port, and somebody may have it by now
            self._proxy.update(listen=LISTEN, enabled=True)

    def _renew(self) -> None:
        """A new proxy in the place of the old one, with the toxics that are on; its connections are closed.

        Toxiproxy 2.12 forgets to shorten a connection's chain when a toxic is removed from one that is closing. If
        another toxic of that direction still holds data there, the next one that is added ends the whole server:
        "index out of range" in `ToxicLink.AddToxic`. So a proxy that had two of them gets none any more.
        """
        self._proxy.destroy()
        self._proxy = self._create(self.name)
        toxics = [toxic for level in self._levels.values() for toxic in level]
        self._perhaps = {toxic.name for toxic in toxics}
        for toxic in toxics:
            self._proxy.add_toxic(toxic)
        streams = [toxic.stream for toxic in toxics]
        self._crowded = len(set(streams)) < len(streams)


class DeadPort:
    """A port of loopback where connections are refused, and which nobody else can have meanwhile."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))  # bound, and never listened on

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        self._socket.close()


class Side:
    """A way beside the main lane, for some: where `address` leads is what its faults' levels say.

    It has a lane from when a level first needs one: to refuse takes none. All calls block until it is so.
    """

    def __init__(self, new_lane: Callable[[], Lane], refusing: DeadPort) -> None:
        self._new_lane = new_lane
        self._refusing = refusing
        self._lane: Lane | None = None
        self._down_for: set[str] = set()

    @property
    def address(self) -> str:
        return self._refusing.address if self._down_for or self._lane is None else self._lane.address

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The one that it has, if it has one."""
        return () if self._lane is None else (self._lane,)

    def set(self, fault: str, level: Level) -> None:
        self._down_for.discard(fault)
        if isinstance(level, Down):
            self._down_for.add(fault)
        toxics = toxics_of(level)
        if toxics and self._lane is None:
            self._lane = self._new_lane()
        if self._lane is not None:
            self._lane.set(fault, toxics)

    def heal(self) -> None:
        """Its lane lets everything pass, read back."""
        self._down_for.clear()
        if self._lane is not None:
            self._lane.heal()

    def destroy(self) -> None:
        if self._lane is not None:
            self._lane.destroy()


def toxics_of(level: Level) -> tuple[Toxic, ...]:
    """Those of the level; `Down` has none."""
    return () if isinstance(level, Down) else level
