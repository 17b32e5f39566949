"""The taps of the embedded child, driven from the parent. All calls block: from asyncio they are made in a thread."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote

import msgspec

from faults.tap.journal import TapJournal
from faults.tap.rule import Rule
from faults.toxiproxy import Api, Refused
from foreshock.errors import HarnessError

T = TypeVar("T")


class _State(msgspec.Struct, frozen=True):
    name: str
    listen: str
    upstream: str
    enabled: bool
    rules: tuple[str, ...] = ()


class Tap:
    """One tap, as the child said last that it is. Errors are HarnessError, or Refused."""

    def __init__(self, api: Api, state: bytes) -> None:
        self._api = api
        self._take(state)
        self._path = f"/taps/{quote(self.name, safe='')}"

    @property
    def name(self) -> str:
        return self._state.name

    @property
    def listen(self) -> str:
        """'127.0.0.1:41234'."""
        return self._state.listen

    @property
    def upstream(self) -> str:
        return self._state.upstream

    @property
    def enabled(self) -> bool:
        return self._state.enabled

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of those it steers by."""
        return self._state.rules

    def read(self) -> None:
        """Asks the child for its state."""
        self._take(self._api.get(self._path).content)

    def update(self, *, upstream: str | None = None, enabled: bool | None = None, close: bool = False) -> None:
        """What is None stays. A new upstream is for new connections; with `close` the open ones are closed."""
        change = {"upstream": upstream, "enabled": enabled, "close": close}
        self._take(self._api.patch(self._path, json=change).content)

    def steer(self, rules: Sequence[Rule]) -> None:
        """From now on by these rules, in this order; one whose id was there keeps its counts."""
        self._api.request("PUT", f"{self._path}/rules", data=msgspec.json.encode(rules))

    def journal(self, since_s: float) -> TapJournal:
        """What was active at `since_s` (CLOCK_MONOTONIC) or after it, and what lives, or waits for an answer, still."""
        answer = self._api.get(f"{self._path}/journal", params={"since": since_s})
        return _decoded(answer.content, TapJournal, self._api)

    def destroy(self) -> bool:
        """False if there was none."""
        try:
            self._api.delete(self._path)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def _take(self, state: bytes) -> None:
        self._state = _decoded(state, _State, self._api)


class Taps:
    """Those of the child whose control API this is."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def url(self) -> str:
        """Of the child's control API."""
        return self._api.url

    def create(self, name: str, upstream: str, listen: str = "127.0.0.1:0") -> Tap:
        """A tap that listens (port 0: at any free one) and passes on to `upstream`."""
        asked = {"name": name, "upstream": upstream, "listen": listen}
        return Tap(self._api, self._api.post("/taps", json=asked).content)


def _decoded(content: bytes, wanted: type[T], api: Api) -> T:
    try:
        return msgspec.json.decode(content, type=wanted)
    except msgspec.DecodeError as error:
        raise HarnessError(f"{api.what} at {api.url} answered what no tap says: {error}") from None
