"""All proxies of the server, and what Toxiproxy's API does to them. Errors are `ApiError`: a status and a message."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from faults.embedded.address import AddressError
from faults.embedded.decoding import ProxyBody, ToxicBody, read_attributes
from faults.embedded.proxy import Proxy
from faults.embedded.toxics import LiveToxic, defaults, what_is_wrong
from faults.toxic import ATTRIBUTES

DEFAULT_LISTEN = "127.0.0.1:0"  # Toxiproxy takes all interfaces when nothing is said; a proxy of faults shouldn't


class ApiError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Proxies:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._by_name: dict[str, Proxy] = {}

    def __iter__(self) -> Iterator[Proxy]:
        """By name."""
        return iter([self._by_name[name] for name in sorted(self._by_name)])

    @property
    def connections(self) -> int:
        """Of all proxies, that are still there."""
        return sum(proxy.connections for proxy in self._by_name.values())

    def get(self, name: str) -> Proxy:
        try:
            return self._by_name[name]
        except KeyError:
            raise ApiError(404, "proxy not found") from None

    async def create(self, asked: ProxyBody) -> Proxy:
        """A new proxy, or nothing at all."""
        _check_fields(asked)
        if asked.name in self._by_name:
            raise ApiError(409, "proxy already exists")
        return await self._start(asked)

    async def populate(self, asked: Sequence[ProxyBody], done: list[Proxy]) -> None:
        """Each proxy as asked, appended to `done`; stops at the first failure. An equal one is left as it is."""
        for number, one in enumerate(asked, 1):
            _check_fields(one, f" at proxy {number}")
        for one in asked:
            known = self._by_name.get(one.name)
            if known is not None and known.upstream == one.upstream and known.listens_at(one.listen or DEFAULT_LISTEN):
                done.append(known)
                continue
            if known is not None:
                self.delete(one.name)
            done.append(await self._start(one))

    async def update(self, name: str, asked: ProxyBody) -> Proxy:
        """Listen, upstream and enabled, as far as they are given. A refused update changes nothing."""
        proxy = self.get(name)
        listen, upstream = asked.listen or proxy.listen, asked.upstream or proxy.upstream
        with _bind_errors():
            if upstream != proxy.upstream or not proxy.listens_at(listen):
                await proxy.move(listen, upstream)
            if asked.enabled is True:
                await proxy.enable()
        if asked.enabled is False:
            proxy.disable()
        return proxy

    def delete(self, name: str) -> None:
        self.get(name).release()
        del self._by_name[name]

    async def reset(self) -> None:
        """Every toxic is removed and every proxy enabled. Those that can't be are reported when all were tried."""
        for proxy in self:
            proxy.remove_toxics()
        failures = []
        for proxy in self:
            try:
                await proxy.enable()
            except AddressError as error:
                failures.append(str(error))
        if failures:
            raise ApiError(500, "; ".join(failures))

    def add_toxic(self, proxy: Proxy, asked: ToxicBody) -> LiveToxic:
        if asked.stream.lower() not in ("upstream", "downstream"):
            raise ApiError(400, "stream was invalid, can be either upstream or downstream")
        if asked.type not in ATTRIBUTES:
            raise ApiError(400, "invalid toxic type")
        name = asked.name or f"{asked.type}_{asked.stream.lower()}"
        if "/" in name:
            raise ApiError(400, "toxic name was invalid, can't contain '/'")
        if proxy.toxic(name):
            raise ApiError(409, "toxic already exists")
        attributes = defaults(asked.type, read_attributes(asked.type, asked.attributes))
        _check_attributes(asked.type, attributes)
        toxic = LiveToxic(
            name=name,
            type=asked.type,
            stream=asked.stream,
            toxicity=1.0 if asked.toxicity is None else asked.toxicity,
            attributes=attributes,
            seed=f"{self._seed}/{name}",
        )
        proxy.add_toxic(toxic)
        return toxic

    def update_toxic(self, proxy: Proxy, name: str, asked: ToxicBody) -> LiveToxic:
        """Attributes and toxicity, as far as they are given. A refused update changes nothing."""
        toxic = toxic_of(proxy, name)
        attributes = {**toxic.attributes, **read_attributes(toxic.type, asked.attributes)}
        _check_attributes(toxic.type, attributes)
        proxy.update_toxic(toxic, attributes, asked.toxicity)
        return toxic

    async def _start(self, asked: ProxyBody) -> Proxy:
        listen = asked.listen or DEFAULT_LISTEN
        proxy = Proxy(name=asked.name, listen=listen, upstream=asked.upstream)
        if asked.enabled is not False:
            with _bind_errors():
                await proxy.enable()
        self._by_name[asked.name] = proxy
        return proxy


def toxic_of(proxy: Proxy, name: str) -> LiveToxic:
    toxic = proxy.toxic(name)
    if toxic is None:
        raise ApiError(404, "toxic not found")
    return toxic


def _check_fields(asked: ProxyBody, where: str = "") -> None:
    for field, value in (("name", asked.name), ("upstream", asked.upstream)):
        if not value:
            raise ApiError(400, f"missing required field: {field}{where}")


def _check_attributes(toxic_type: str, attributes: Mapping[str, int]) -> None:
    wrong = what_is_wrong(toxic_type, attributes)
    if wrong is not None:
        raise ApiError(400, wrong)


@contextmanager
def _bind_errors() -> Iterator[None]:
    try:
        yield
    except AddressError as error:
        raise ApiError(500, str(error)) from None
