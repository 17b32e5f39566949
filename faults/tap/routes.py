"""The taps' part of the control API: `/taps`, `/taps/{name}`, `/taps/{name}/rules`, `/taps/{name}/journal`."""

from typing import TypeVar
from urllib.parse import parse_qs

import msgspec

from faults.embedded.refusal import ApiError
from faults.embedded.replies import json_reply
from faults.embedded.routes import Routes
from faults.embedded.wire import Reply, Request
from faults.tap.rule import Rule
from faults.tap.taps import NewTap, TapChange, Taps

T = TypeVar("T")


class TapRoutes:
    """Bodies are read strictly: who asks is this program's other half."""

    def __init__(self, taps: Taps) -> None:
        self._taps = taps

    def mount(self, routes: Routes) -> None:
        routes.mount("/taps", {"POST": self._create})
        routes.mount("/taps/{}", {"GET": self._show, "PATCH": self._update, "DELETE": self._delete})
        routes.mount("/taps/{}/rules", {"PUT": self._steer})
        routes.mount("/taps/{}/journal", {"GET": self._journal})

    async def _create(self, request: Request, names: list[str]) -> Reply:
        tap = await self._taps.create(_read(request.body, NewTap))
        return json_reply(201, tap.as_json())

    async def _show(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, self._taps.get(names[0]).as_json())

    async def _update(self, request: Request, names: list[str]) -> Reply:
        self._taps.get(names[0])  # first of all: an unknown tap is 404 whatever the body
        tap = await self._taps.update(names[0], _read(request.body, TapChange))
        return json_reply(200, tap.as_json())

    async def _delete(self, request: Request, names: list[str]) -> Reply:
        self._taps.delete(names[0])
        return Reply(204)

    async def _steer(self, request: Request, names: list[str]) -> Reply:
        self._taps.get(names[0])
        self._taps.steer(names[0], _read(request.body, list[Rule]))
        return Reply(204)

    async def _journal(self, request: Request, names: list[str]) -> Reply:
        tap = self._taps.get(names[0])
        try:
            since_s = float(parse_qs(request.query).get("since", ["0"])[0])
        except ValueError:
            raise ApiError(400, "since: expected seconds of CLOCK_MONOTONIC") from None
        return json_reply(200, await tap.journal(since_s))


def _read(body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, f"bad request body: {error}") from None
