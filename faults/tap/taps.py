"""All taps of the child, and what its control API does with them. Errors are `ApiError`: a status and a message."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from faults.embedded.address import AddressError, split
from faults.embedded.refusal import ApiError
from faults.tap.rule import Rule
from faults.tap.tap import Tap

DEFAULT_LISTEN = "127.0.0.1:0"


class NewTap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    upstream: str
    listen: str = DEFAULT_LISTEN


class TapChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is None stays. A new upstream is for new connections; with `close` the open ones end."""

    upstream: str | None = None
    enabled: bool | None = None
    close: bool = False


class Taps:
    def __init__(self) -> None:
        self._by_name: dict[str, Tap] = {}

    def __iter__(self) -> Iterator[Tap]:
        """In the order in which they were made."""
        return iter(list(self._by_name.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def connections(self) -> int:
        """Of all taps, that are still there."""
        return sum(tap.connections for tap in self)

    def get(self, name: str) -> Tap:
        try:
            return self._by_name[name]
        except KeyError:
            raise ApiError(404, "tap not found") from None

    async def create(self, asked: NewTap) -> Tap:
        """A tap that listens, or nothing at all."""
        if not asked.name:
            raise ApiError(400, "missing required field: name")
        if asked.name in self:
            raise ApiError(409, "tap already exists")
        _check_address("upstream", asked.upstream)
        tap = Tap(name=asked.name, listen=asked.listen, upstream=asked.upstream)
        with _bind_errors():
            await tap.start()
        self._by_name[asked.name] = tap
        return tap

    async def update(self, name: str, change: TapChange) -> Tap:
        tap = self.get(name)
        if change.upstream is not None:
            _check_address("upstream", change.upstream)
            tap.upstream = change.upstream
        if change.enabled is False:
            tap.disable()
        elif change.close:
            tap.close_all("upstream changed")
        if change.enabled is True:
            with _bind_errors():
                await tap.enable()
        return tap

    def steer(self, name: str, rules: list[Rule]) -> None:
        tap = self.get(name)
        ids = [rule.id for rule in rules]
        if len(set(ids)) < len(ids):
            raise ApiError(400, f"rules: expected each id once, got {', '.join(ids)}")
        for rule in rules:
            _check_address(f"rule {rule.id}: lane", rule.lane)
        tap.steer(rules)

    def delete(self, name: str) -> None:
        self.get(name).release()
        del self._by_name[name]

    def release(self) -> None:
        for tap in self:
            tap.release()

    async def let_pass(self) -> None:
        """No rules, and every tap enabled: what is left to do for links whose owner is dead."""
        for tap in self:
            tap.steer([])
        for tap in self:
            with _bind_errors():
                await tap.enable()


def _check_address(what: str, address: str) -> None:
    try:
        split(address)
    except AddressError as error:
        raise ApiError(400, f"{what}={address!r}: {error}") from None


@contextmanager
def _bind_errors() -> Iterator[None]:
    try:
        yield
    except AddressError as error:
        raise ApiError(500, str(error)) from None
