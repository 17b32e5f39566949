"""HTTP as the handlers see it: a request, a reply, a refusal, and the router between them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote

from scenarios.shop.database import Session


@dataclass(frozen=True)
class Reply:
    """`payload` is sent as JSON, a string as plain text."""

    status: int
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[str, bytes]:
        """The content type and the body."""
        if isinstance(self.payload, str):
            return "text/plain; version=0.0.4; charset=utf-8", self.payload.encode()
        return "application/json", json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()


class Refusal(Exception):
    """Ends a request with `status` and one sentence for whoever sent it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def reply(self) -> Reply:
        return Reply(self.status, {"error": str(self)})


@dataclass(frozen=True)
class Request:
    """One request. `params` are the path's, as text; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    db: Session
    params: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; no body is an empty one. Raises Refusal (400)."""
        if not self.body:
            return {}
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "expected a JSON object")
        return found

    def cookie(self, name: str) -> str | None:
        try:
            found = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        return found.value if found else None

    def query_value(self, name: str) -> str | None:
        return next(iter(parse_qs(self.query).get(name, [])), None)

    def number(self, name: str) -> int:
        """The path's parameter `name` as a number. Raises Refusal (404): no thing of ours is called otherwise."""
        text = self.params[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise Refusal(404, f"no such {name.removesuffix('_id')}: {text[:40]}")
        return int(text)


Handler = Callable[[Request], Reply]


@dataclass(frozen=True)
class Route:
    """`template` is the path with its parameters in braces: '/orders/{order_id}/cancel'."""

    method: str
    template: str
    handler: Handler

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"


class Router:
    """Which route a request is for. Routes are tried in the order given."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes = [(route, route.template.split("/")) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the path's parameters. Raises Refusal: 404, or 405 where only the method is wrong."""
        parts = path.split("/")
        known = False
        for route, pattern in self._routes:
            params = _match(pattern, parts)
            if params is None:
                continue
            if route.method == method:
                return route, params
            known = True
        raise Refusal(405, f"{method} is not for {path[:80]}") if known else Refusal(404, f"no such path: {path[:80]}")


def _match(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    params: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            params[wanted.strip("{}")] = unquote(part)
        elif wanted != part:
            return None
    return params
