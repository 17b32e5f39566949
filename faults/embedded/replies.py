"""Replies of the control API in Toxiproxy's form, and the type of what answers a request.

Errors are `{"error": ..., "status": ...}` as text/plain, as Toxiproxy sends them.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from faults.embedded.wire import Reply, Request, json_bytes

TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
_JSON = (("Content-Type", "application/json"),)

Route = Callable[[Request, list[str]], Awaitable[Reply]]  # the list: unquoted names in the path
Methods = Mapping[str, Route]


def json_reply(status: int, value: Any) -> Reply:
    return Reply(status, json_bytes(value), _JSON)


def error_reply(status: int, message: str) -> Reply:
    return Reply(status, json_bytes({"error": message, "status": status}) + b"\n", TEXT)
