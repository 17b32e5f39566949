"""All proxies of the server, and what Toxiproxy's API does to them. Errors are `ApiError`: a status and a message."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from faults.embedded.address import AddressError
from faults.embedded.decoding import ProxyBody, ToxicBody, read_attributes
from faults.embedded.making import check_attributes, toxic_from, toxics_from
from faults.embedded.proxy import Proxy
from faults.embedded.refusal import ApiError
from faults.embedded.toxics import LiveToxic

DEFAULT_LISTEN = "127.0.0.1:0"  # Toxiproxy takes all interfaces when nothing is said; a proxy of faults shouldn't


class Proxies:
    """`changing` is held by whoever changes them, or looks: each change waits here and there for a port."""

    def __init__(self, seed: int) -> None:
        self.changing = asyncio.Lock()
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
        """A new proxy with its toxics, or nothing at all."""
        self._check(asked)
        if asked.name in self._by_name:
            raise ApiError(409, "proxy already exists")
        return await self._start(asked)

    async def populate(self, asked: Sequence[ProxyBody], done: list[Proxy]) -> None:
        """Each proxy as asked, appended to `done`; stops at the first failure. An equal one is left as it is."""
        for number, one in enumerate(asked, 1):
            self._check(one, f" at proxy {number}")
        for one in asked:
            known = self._by_name.get(one.name)
            if (
                known is not None
                and known.upstream == one.upstream
                and await known.listens_at(one.listen or DEFAULT_LISTEN)
            ):
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
            if not await proxy.is_at(listen, upstream):
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
        toxic = toxic_from(asked, [toxic.name for toxic in proxy.toxics], self._seed, proxy.name)
        proxy.add_toxic(toxic)
        return toxic

    def update_toxic(self, proxy: Proxy, name: str, asked: ToxicBody) -> LiveToxic:
        """Attributes and toxicity, as far as they are given. A refused update changes nothing."""
        toxic = toxic_of(proxy, name)
        attributes = {**toxic.attributes, **read_attributes(toxic.type, asked.attributes)}
        check_attributes(toxic.type, attributes)
        proxy.update_toxic(toxic, attributes, asked.toxicity, asked.ttl)
        return toxic

    async def _start(self, asked: ProxyBody) -> Proxy:
        listen = asked.listen or DEFAULT_LISTEN
        proxy = Proxy(name=asked.name, listen=listen, upstream=asked.upstream)
        for toxic in toxics_from(asked.toxics, self._seed, asked.name):
            proxy.add_toxic(toxic)
        if asked.enabled is not False:
            try:
                with _bind_errors():
                    await proxy.enable()
            except ApiError:
                proxy.release()
                raise
        self._by_name[asked.name] = proxy
        return proxy

    def _check(self, asked: ProxyBody, where: str = "") -> None:
        """Raises what can be said before anything is changed."""
        for field, value in (("name", asked.name), ("upstream", asked.upstream)):
            if not value:
                raise ApiError(400, f"missing required field: {field}{where}")
        toxics_from(asked.toxics, self._seed, asked.name, where)


def toxic_of(proxy: Proxy, name: str) -> LiveToxic:
    toxic = proxy.toxic(name)
    if toxic is None:
        raise ApiError(404, "toxic not found")
    return toxic


@contextmanager
def _bind_errors() -> Iterator[None]:
    try:
        yield
    except AddressError as error:
        raise ApiError(500, str(error)) from None
