"""A service's client of its partner: one connection a request, one bounded attempt.

With ZOO_PATIENCE=10 it waits ten times as long: for clients that have to be served well on a busy machine, too.
"""

import http.client
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

PATIENCE = float(os.environ.get("ZOO_PATIENCE", "1"))


class Unreachable(Exception):
    """No whole answer came: the partner may have done it, or not."""


class Partner:
    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._timeout_s = timeout_s * PATIENCE

    def ask(
        self, method: str, path: str, payload: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status, and the body's JSON (None if there is none). Raises Unreachable; a 5xx is one too."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        try:
            body = None if payload is None else json.dumps(payload)
            connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            said = answer.read()
            found = json.loads(said) if said else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}: {error}") from None
        finally:
            connection.close()
        if answer.status >= 500:
            raise Unreachable(f"{method} {path}: {answer.status}")
        return answer.status, found


def traced(headers: Mapping[str, str]) -> dict[str, str]:
    """The trace that a request belongs to, to be passed on."""
    return {"traceparent": headers["traceparent"]} if "traceparent" in headers else {}
