"""The control API: Toxiproxy's routes, with its statuses and bodies, and one of our own (`GET /connections`).

Errors are `{"error": ..., "status": ...}` as text/plain, as Toxiproxy sends them; those of /populate are JSON.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, unquote

from faults.embedded.decoding import BadBody, ProxyBody, ToxicBody, read
from faults.embedded.proxies import Proxies, toxic_of
from faults.embedded.proxy import Proxy
from faults.embedded.refusal import ApiError
from faults.embedded.wire import Reply, Request, json_bytes

JSON = ("Content-Type", "application/json")
TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))

Route = Callable[[Request, list[str]], Awaitable[Reply]]


class Routes:
    """Answers requests, one change at a time. It never waits for a proxied connection."""

    def __init__(self, proxies: Proxies, version: str) -> None:
        self._proxies = proxies
        self._version = version
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, request: Request) -> Reply:
        route, names = self._find(request.path)
        if route is None:
            return Reply(404, b"404 page not found\n", TEXT)
        handler = route.get(request.method)
        if handler is None:
            return Reply(405)
        identity = ("X-Toxiproxy-Request-Id", secrets.token_hex(10))
        if request.user_agent.startswith("Mozilla/"):  # a web page must not drive it
            return Reply(403, b"User agent not allowed\n", (*TEXT, identity))
        async with self._one_at_a_time:
            reply = await _answered(handler, request, names)
        return Reply(reply.status, reply.body, (*reply.headers, identity))

    def _find(self, path: str) -> tuple[dict[str, Route] | None, list[str]]:
        """The methods of the route, and the unquoted names in the path."""
        parts = path.removeprefix("/").split("/")
        names = [unquote(part) for part in parts[1::2]]
        if not all(parts) or parts[2:3] not in ([], ["toxics"]) or len(parts) > 4:
            return None, []
        if parts[0] == "proxies":
            return (self._collection, self._proxy, self._toxics, self._toxic)[len(parts) - 1], names
        return self._single.get(path), names

    @property
    def _single(self) -> dict[str, dict[str, Route]]:
        return {
            "/version": {"GET": self._get_version},
            "/reset": {"POST": self._reset},
            "/populate": {"POST": self._populate},
            "/connections": {"GET": self._connections},
        }

    @property
    def _collection(self) -> dict[str, Route]:
        return {"GET": self._list, "POST": self._create}

    @property
    def _proxy(self) -> dict[str, Route]:
        return {"GET": self._show, "POST": self._update, "PATCH": self._update, "DELETE": self._delete}

    @property
    def _toxics(self) -> dict[str, Route]:
        return {"GET": self._list_toxics, "POST": self._add_toxic}

    @property
    def _toxic(self) -> dict[str, Route]:
        change = self._update_toxic
        return {"GET": self._show_toxic, "POST": change, "PATCH": change, "DELETE": self._delete_toxic}

    async def _get_version(self, request: Request, names: list[str]) -> Reply:
        body = f'{{"version": "{self._version}"}}\n'.encode()
        return Reply(200, body, (("Content-Type", "application/json;charset=utf-8"),))

    async def _reset(self, request: Request, names: list[str]) -> Reply:
        await self._proxies.reset()
        return Reply(204)

    async def _populate(self, request: Request, names: list[str]) -> Reply:
        done: list[Proxy] = []
        try:
            await self._proxies.populate(read(request.body, list[ProxyBody]), done)
        except (ApiError, BadBody) as error:
            status = error.status if isinstance(error, ApiError) else 400
            return _json(status, {"error": str(error), "status": status, "proxies": _shown(done)})
        return _json(201, {"proxies": _shown(done)})

    async def _connections(self, request: Request, names: list[str]) -> Reply:
        """Ours: connections of `proxy` that closed since `since` (CLOCK_MONOTONIC seconds) or live, and its totals."""
        query = parse_qs(request.query)
        proxy = self._proxies.get(query.get("proxy", [""])[0])
        try:
            since_s = float(query.get("since", ["0"])[0])
        except ValueError:
            raise ApiError(400, "since: expected seconds of CLOCK_MONOTONIC") from None
        journal = proxy.journal
        totals = {name: getattr(journal, name) for name in ("opened", "forgotten", "bytes_up", "bytes_down")}
        connections = [asdict(entry) for entry in journal.since(since_s)]
        return _json(200, {"now_s": time.monotonic(), **totals, "connections": connections})

    async def _list(self, request: Request, names: list[str]) -> Reply:
        return _json(200, {proxy.name: proxy.as_json() for proxy in self._proxies})

    async def _create(self, request: Request, names: list[str]) -> Reply:
        proxy = await self._proxies.create(read(request.body, ProxyBody))
        return _json(201, proxy.as_json())

    async def _show(self, request: Request, names: list[str]) -> Reply:
        return _json(200, self._proxies.get(names[0]).as_json())

    async def _update(self, request: Request, names: list[str]) -> Reply:
        self._proxies.get(names[0])  # first of all: an unknown proxy is 404 whatever the body
        proxy = await self._proxies.update(names[0], read(request.body, ProxyBody))
        return _json(200, proxy.as_json())

    async def _delete(self, request: Request, names: list[str]) -> Reply:
        self._proxies.delete(names[0])
        return Reply(204)

    async def _list_toxics(self, request: Request, names: list[str]) -> Reply:
        return _json(200, self._proxies.get(names[0]).as_json()["toxics"])

    async def _add_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        return _json(200, self._proxies.add_toxic(proxy, read(request.body, ToxicBody)).as_json())

    async def _show_toxic(self, request: Request, names: list[str]) -> Reply:
        return _json(200, toxic_of(self._proxies.get(names[0]), names[1]).as_json())

    async def _update_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        toxic_of(proxy, names[1])
        return _json(200, self._proxies.update_toxic(proxy, names[1], read(request.body, ToxicBody)).as_json())

    async def _delete_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        proxy.remove_toxic(toxic_of(proxy, names[1]))
        return Reply(204)


async def _answered(handler: Route, request: Request, names: list[str]) -> Reply:
    try:
        return await handler(request, names)
    except ApiError as error:
        return _error(error.status, str(error))
    except BadBody as error:
        return _error(400, str(error))


def _error(status: int, message: str) -> Reply:
    return Reply(status, json_bytes({"error": message, "status": status}) + b"\n", TEXT)


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json_bytes(value), (JSON,))


def _shown(proxies: list[Proxy]) -> list[dict[str, Any]] | None:
    return [proxy.as_json() for proxy in proxies] or None
