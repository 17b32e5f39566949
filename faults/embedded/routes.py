"""The control API: Toxiproxy's routes, with its statuses and bodies, and what is mounted besides (`own`).

Errors are as `replies` says; those of /populate are JSON.
"""

import secrets
from typing import Any
from urllib.parse import unquote

from faults.embedded.decoding import BadBody, ProxyBody, ToxicBody, read
from faults.embedded.proxies import Proxies, toxic_of
from faults.embedded.proxy import Proxy
from faults.embedded.refusal import ApiError
from faults.embedded.replies import TEXT, Methods, Route, error_reply, json_reply
from faults.embedded.wire import Reply, Request


class Routes:
    """Answers requests, one change at a time. It never waits for a proxied connection."""

    def __init__(self, proxies: Proxies, version: str) -> None:
        self._proxies = proxies
        self._version = version
        self._table: list[tuple[list[str], Methods]] = []
        self.mount("/version", {"GET": self._get_version})
        self.mount("/reset", {"POST": self._reset})
        self.mount("/populate", {"POST": self._populate})
        self.mount("/proxies", {"GET": self._list, "POST": self._create})
        change: Methods = {"POST": self._update, "PATCH": self._update}
        self.mount("/proxies/{}", {"GET": self._show, "DELETE": self._delete, **change})
        self.mount("/proxies/{}/toxics", {"GET": self._list_toxics, "POST": self._add_toxic})
        change = {"POST": self._update_toxic, "PATCH": self._update_toxic}
        self.mount("/proxies/{}/toxics/{}", {"GET": self._show_toxic, "DELETE": self._delete_toxic, **change})

    def mount(self, path: str, methods: Methods) -> None:
        """One more route; each '{}' in its path is a name."""
        self._table.append((path.split("/"), methods))

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
        async with self._proxies.changing:
            reply = await _answered(handler, request, names)
        return Reply(reply.status, reply.body, (*reply.headers, identity))

    def _find(self, path: str) -> tuple[Methods | None, list[str]]:
        """The methods of the route, and the unquoted names in the path."""
        parts = path.split("/")
        for template, methods in self._table:
            if len(parts) == len(template) and all(map(_fits, template, parts)):
                return methods, [unquote(part) for part, wanted in zip(parts, template, strict=True) if wanted == "{}"]
        return None, []

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
            return json_reply(status, {"error": str(error), "status": status, "proxies": _shown(done)})
        return json_reply(201, {"proxies": _shown(done)})

    async def _list(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, {proxy.name: proxy.as_json() for proxy in self._proxies})

    async def _create(self, request: Request, names: list[str]) -> Reply:
        proxy = await self._proxies.create(read(request.body, ProxyBody))
        return json_reply(201, proxy.as_json())

    async def _show(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, self._proxies.get(names[0]).as_json())

    async def _update(self, request: Request, names: list[str]) -> Reply:
        self._proxies.get(names[0])  # first of all: an unknown proxy is 404 whatever the body
        proxy = await self._proxies.update(names[0], read(request.body, ProxyBody))
        return json_reply(200, proxy.as_json())

    async def _delete(self, request: Request, names: list[str]) -> Reply:
        self._proxies.delete(names[0])
        return Reply(204)

    async def _list_toxics(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, self._proxies.get(names[0]).as_json()["toxics"])

    async def _add_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        return json_reply(200, self._proxies.add_toxic(proxy, read(request.body, ToxicBody)).as_json())

    async def _show_toxic(self, request: Request, names: list[str]) -> Reply:
        return json_reply(200, toxic_of(self._proxies.get(names[0]), names[1]).as_json())

    async def _update_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        toxic_of(proxy, names[1])
        return json_reply(200, self._proxies.update_toxic(proxy, names[1], read(request.body, ToxicBody)).as_json())

    async def _delete_toxic(self, request: Request, names: list[str]) -> Reply:
        proxy = self._proxies.get(names[0])
        proxy.remove_toxic(toxic_of(proxy, names[1]))
        return Reply(204)


def _fits(wanted: str, part: str) -> bool:
    return part != "" if wanted == "{}" else part == wanted


async def _answered(handler: Route, request: Request, names: list[str]) -> Reply:
    try:
        return await handler(request, names)
    except ApiError as error:
        return error_reply(error.status, str(error))
    except BadBody as error:
        return error_reply(400, str(error))


def _shown(proxies: list[Proxy]) -> list[dict[str, Any]] | None:
    return [proxy.as_json() for proxy in proxies] or None
