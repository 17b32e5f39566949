"""Cookies as a client keeps them (RFC 6265bis), one jar a session.

The recorded Cookie header is the template: of the cookies in it, those that the target has set in this replay get its
values, those that it deleted go, and all others (older than the recording) stay as they are. None is added: the
recorded client did not send it. There is one target, so `Domain` says nothing; `Path` and `Secure` do.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from msgspec.structs import replace

from replayer.outcome import Answer
from replayer.plan import Request
from replayer.urltext import origin_form

_SESSIONS = 20_000  # jars kept; those of sessions that were silent longest go
_COOKIES = 180  # of a session (RFC 6265bis, 5.7: 50 at least)
_MOST_CHARS = 4096  # of name and value (5.7.1)
_MOST_AGE_S = 400 * 86_400  # (5.7.3)
_DASHED = re.compile(r"(?<=\d)-(?=[A-Za-z]{3}-)|(?<=[A-Za-z]{3})-(?=\d)")


class Cookie(NamedTuple):
    name: str
    value: str
    path: str
    secure: bool
    expires_s: float | None  # on the clock that `set_by` was given; None at the session's end


class Jar:
    """The cookies of one session, those that were deleted too: the template's must go."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], Cookie] = {}  # by (name, path)

    def take(self, cookie: Cookie) -> None:
        key = (cookie.name, cookie.path)
        if key in self._cookies or len(self._cookies) < _COOKIES:
            self._cookies[key] = cookie

    def find(self, name: str, path: str) -> Cookie | None:
        """The cookie of this name that a request to `path` carries: of the longest path (5.8.3). It may be over."""
        fitting = [cookie for cookie in self._cookies.values() if cookie.name == name and _matches(cookie.path, path)]
        return max(fitting, key=lambda cookie: len(cookie.path), default=None)


class Jars:
    """Of all sessions. `trusted`: the target is reached by TLS, or on loopback, so that `Secure` cookies go there."""

    def __init__(self, trusted: bool) -> None:
        self.sent = 0
        self.withheld = 0
        self.forgotten = 0
        self._trusted = trusted
        self._jars: OrderedDict[str, Jar] = OrderedDict()

    def keep(self, session: str, target: str, answer: Answer, now_s: float) -> None:
        """Takes in what the answer to a request for `target` sets."""
        for cookie in set_by(answer, target, now_s):
            self._jar(session).take(cookie)

    def fill(self, session: str, request: Request, now_s: float) -> Request:
        """The request with this session's cookies in the place of the recorded ones."""
        jar = self._jars.get(session)
        if jar is None or not any(name.lower() == "cookie" for name, _ in request.headers):
            return request
        self._jars.move_to_end(session)
        path = _path_of(request.target)
        headers = []
        for name, text in request.headers:
            if name.lower() == "cookie":
                text = "; ".join(self._pairs(jar, path, text, now_s))
                if not text:
                    continue
            headers.append((name, text))
        return replace(request, headers=tuple(headers))

    def _pairs(self, jar: Jar, path: str, header: str, now_s: float) -> Iterator[str]:
        for pair in header.split(";"):
            name = pair.partition("=")[0].strip()
            cookie = jar.find(name, path)
            if cookie is None:
                yield pair.strip()
            elif cookie.expires_s is not None and cookie.expires_s <= now_s:
                continue
            elif cookie.secure and not self._trusted:
                self.withheld += 1
            else:
                self.sent += 1
                yield f"{name}={cookie.value}"

    def _jar(self, session: str) -> Jar:
        jar = self._jars.setdefault(session, Jar())
        self._jars.move_to_end(session)
        if len(self._jars) > _SESSIONS:
            self._jars.popitem(last=False)
            self.forgotten += 1
        return jar


def set_by(answer: Answer, target: str, now_s: float) -> Iterator[Cookie]:
    """The cookies that an answer to a request for `target` sets (5.6 and 5.7), in order; what is none is left out."""
    for name, value in answer.headers:
        if name.lower() == "set-cookie" and (cookie := _parsed(value, target, now_s)):
            yield cookie


def _parsed(text: str, target: str, now_s: float) -> Cookie | None:
    pair, *attributes = text.split(";")
    name, equals, value = pair.partition("=")
    name, value = (name.strip(), value.strip()) if equals else ("", pair.strip())
    if not name or len(name) + len(value) > _MOST_CHARS:
        return None
    said = {}
    for attribute in attributes:
        key, _, argument = attribute.partition("=")
        said[key.strip().lower()] = argument.strip()
    path = said.get("path", "")
    secure = "secure" in said
    if (name.startswith("__Secure-") and not secure) or (name.startswith("__Host-") and (not secure or path != "/")):
        return None
    return Cookie(name, value, path if path.startswith("/") else _default_path(target), secure, _expires(said, now_s))


def _expires(said: dict[str, str], now_s: float) -> float | None:
    """When it is over: Max-Age goes before Expires (5.7.3)."""
    age = said.get("max-age", "")
    if re.fullmatch(r"-?\d+", age):
        return now_s + min(int(age[:12]), _MOST_AGE_S) if int(age[:12]) > 0 else float("-inf")
    if "expires" not in said:
        return None
    try:
        at = parsedate_to_datetime(_DASHED.sub(" ", said["expires"]))
    except ValueError:
        return None
    return min((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), now_s + _MOST_AGE_S)


def _path_of(target: str) -> str:
    return origin_form(target).partition("?")[0]


def _default_path(target: str) -> str:
    """The directory of the request's path (5.1.4)."""
    folder = _path_of(target).rpartition("/")[0]
    return folder if folder.startswith("/") else "/"


def _matches(cookie_path: str, path: str) -> bool:
    """(5.1.4)"""
    return path == cookie_path or (
        path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")
    )
