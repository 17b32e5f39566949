"""A lease on the whole server by the clock: whoever doesn't renew it in time has every link healed.

`PUT /lease {"ttl": MS}` takes it or renews it, `GET /lease` shows what is left, `DELETE /lease` gives it back, which
changes nothing else. When it runs out, every toxic is removed and every proxy enabled, as by `POST /reset`.
"""

import asyncio
import math
import sys
import time
from typing import Any, Literal

import msgspec

from faults.embedded.decoding import Positive, read
from faults.embedded.proxies import Proxies
from faults.embedded.refusal import ApiError
from faults.embedded.replies import json_reply
from faults.embedded.routes import Routes
from faults.embedded.wire import Reply, Request


class LeaseBody(msgspec.Struct, frozen=True):
    ttl: Positive | None = None  # ms


class ServerLease:
    """One lease, which anybody may renew. `state` is 'expired' from when it ran out until the next one is taken."""

    def __init__(self, proxies: Proxies) -> None:
        self.state: Literal["none", "held", "expired"] = "none"
        self._proxies = proxies
        self._loop = asyncio.get_running_loop()
        self._ttl_ms = 0
        self._ends_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._healing: asyncio.Task[None] | None = None
        self._failure = ""

    def mount(self, routes: Routes) -> None:
        routes.mount("/lease", {"GET": self._show, "PUT": self._put, "DELETE": self._delete})

    def take(self, ttl_ms: int) -> None:
        """Anew, or for so long from now on."""
        self.end()
        self.state, self._ttl_ms, self._failure = "held", ttl_ms, ""
        self._ends_s = time.monotonic() + ttl_ms / 1000
        self._timer = self._loop.call_later(ttl_ms / 1000, self._run_out)

    def give_back(self) -> None:
        self.end()
        self.state, self._failure = "none", ""

    def end(self) -> None:
        """It runs no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._healing is not None:
            self._healing.cancel()
            self._healing = None

    def as_json(self) -> dict[str, Any]:
        """`ttl` and `left` in ms, while it is held; `error` is what could not be healed when it ran out."""
        if self.state != "held":
            return {"state": self.state} | ({"error": self._failure} if self._failure else {})
        left_ms = max(0, math.ceil((self._ends_s - time.monotonic()) * 1000))
        return {"state": self.state, "ttl": self._ttl_ms, "left": left_ms}

    def _run_out(self) -> None:
        self._healing = self._loop.create_task(self._heal())

    async def _heal(self) -> None:
        async with self._proxies.changing:  # a request that is being answered may still renew it
            self.state = "expired"
            try:
                await self._proxies.reset()
            except ApiError as error:  # a port that was lost: all others are healed
                self._failure = str(error)
                print(f"the lease ran out: {error}", file=sys.stderr)  # noqa: T201  # there may be nobody who asks

    async def _show(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, self.as_json())

    async def _put(self, request: Request, names: list[str]) -> Reply:
        ttl_ms = read(request.body, LeaseBody).ttl
        if ttl_ms is None:
            raise ApiError(400, "missing required field: ttl")
        self.take(ttl_ms)
        return json_reply(200, self.as_json())

    async def _delete(self, request: Request, names: list[str]) -> Reply:
        self.give_back()
        return Reply(204)
