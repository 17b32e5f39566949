"""HTTP as the zoo's services see it: requests, replies, routes, and an App whose whole state a reset replaces."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote

_DRAIN_S = 5.0


class Refusal(Exception):
    """Ends a request with `status` and one sentence for whoever sent it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Reply:
    """`payload` goes out as JSON; None is no body."""

    status: int
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return b"" if self.payload is None else json.dumps(self.payload, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Request:
    """Header names are in lower case. `state` is the App's as it was when the request came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, str]
    state: Any

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refusal (400)."""
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "expected a JSON object")
        return found

    def form(self) -> dict[str, str]:
        """The body as an HTML form's. Raises Refusal (400)."""
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        except UnicodeDecodeError:
            raise Refusal(400, "the form is not UTF-8") from None

    def cookie(self, name: str) -> str:
        """'' where there is none."""
        try:
            found = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return ""
        return found.value if found else ""


def text(fields: Mapping[str, Any], name: str, longest: int = 200) -> str:
    """The field as trimmed text. Raises Refusal (422)."""
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= longest or not _storable(value):
        raise Refusal(422, f"{name}: expected text of 1 to {longest} characters")
    return value.strip()


def whole(fields: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """The field as a whole number. Raises Refusal (422)."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refusal(422, f"{name}: expected a whole number from {low} to {high}")
    return value


def _storable(value: str) -> bool:
    """JSON can spell NUL and half a surrogate pair, which no UTF-8 text can hold."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


Handler = Callable[[Request], Any]  # a Reply; of an asyncio service, a coroutine of one


class App:
    """Routes over one state. `routes` are 'GET /things/{id}' with their handlers, tried in the order given.

    POST /reset waits for what is under way, closes the state and makes a new one, so that nothing of one epoch writes
    into the next. GET /healthz answers as long as anything does.
    """

    def __init__(self, make_state: Callable[[], Any], routes: Mapping[str, Handler]) -> None:
        self._make_state = make_state
        self._routes = [(*label.split(" "), handler) for label, handler in routes.items()]
        self._idle = threading.Condition()
        self._under_way = 0
        self.state = make_state()

    def find(self, method: str, target: str) -> tuple[Handler, dict[str, str], dict[str, str]]:
        """The handler, the path's parameters, the query. Raises Refusal (404, or 405 for another method)."""
        path, _, query = target.partition("?")
        known = False
        for route_method, template, handler in self._routes:
            params = _match(template, path)
            if params is not None and route_method == method:
                return handler, params, dict(parse_qsl(query))
            known = known or params is not None
        raise Refusal(405, "not with this method") if known else Refusal(404, "no such path")

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What a threaded server replies."""
        path = target.partition("?")[0]
        if path == "/healthz":
            return Reply(200, {"status": "up"})
        if (method, path) == ("POST", "/reset"):
            self._reset()
            return Reply(200, {"status": "reset"})
        with self._idle:
            self._under_way += 1
            state = self.state
        try:
            handler, params, query = self.find(method, target)
            reply: Reply = handler(Request(method, path, query, headers, body, params, state))
            return reply
        except Refusal as refusal:
            return Reply(refusal.status, {"error": str(refusal)})
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _reset(self) -> None:
        with self._idle:
            if not self._idle.wait_for(lambda: self._under_way == 0, _DRAIN_S):
                raise Refusal(503, "requests are still under way")
            self.renew()

    def renew(self) -> None:
        close = getattr(self.state, "close", None)
        if close is not None:
            close()
        self.state = self._make_state()


def _match(template: str, path: str) -> dict[str, str] | None:
    pattern, parts = template.split("/"), path.split("/")
    if len(pattern) != len(parts):
        return None
    params: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            params[wanted.strip("{}")] = unquote(part)
        elif wanted != part:
            return None
    return params
