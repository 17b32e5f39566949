"""Headers without what is private in them: credentials, cookies, URLs, addresses, named and private values."""

import re

from recorder.exchange import Header, header
from recorder.policy import Policy
from recorder.privacy.pairs import redact_url
from recorder.privacy.values import Values

_URLS = frozenset({"location", "content-location", "referer", "origin", "link", "refresh"})
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_LINK = re.compile(r"(?<=<)[^<>]*(?=>)|(?<=url=)\S+", re.IGNORECASE)
# What a system needs to be asked the same way again: strict mode lets it be.
_PROTOCOL = frozenset((
    "content-type", "content-length", "content-encoding", "transfer-encoding", "connection",
    "keep-alive", "accept", "accept-encoding", "accept-language", "accept-charset", "cache-control", "pragma",
    "date", "expires", "age", "vary", "upgrade", "range", "content-range", "accept-ranges", "expect", "te",
    "trailer", "allow", "access-control-allow-methods", "access-control-allow-headers", "access-control-max-age",
    "access-control-allow-credentials", "access-control-request-method", "access-control-request-headers",
    "access-control-expose-headers", "strict-transport-security", "x-content-type-options", "x-frame-options",
    "content-disposition", "retry-after", "server-timing", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-protocol", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest", "if-modified-since",
    "last-modified",
))  # fmt: skip


class Headers:
    """Redacts the headers of one message after the other."""

    def __init__(self, values: Values, policy: Policy) -> None:
        self._values = values
        self._named = frozenset(name.lower() for name in policy.headers)

    def note_host(self, headers: tuple[Header, ...]) -> None:
        """The host that a request is for is the recorded system's: its address is no client's."""
        host = header(headers, "host")
        if host and host not in self._values.own_hosts:
            self._values.own_hosts.add(host.rpartition(":")[0] or host)
            self._values.own_hosts.add(host)

    def redacted(self, headers: tuple[Header, ...]) -> tuple[Header, ...]:
        """The same object if nothing in them had to change."""
        if self._values.rules or not self._values.remembers:
            new = tuple([one for old in headers if (one := self._ruled(old)) is not None])
        else:
            seen = self._values.seen
            new = tuple([seen.get(one) or seen.add(one, self._header(one)) for one in headers])
        return headers if new == headers else new

    def _ruled(self, one: Header) -> Header | None:
        """None if a rule drops it."""
        action = self._values.rules.at("header", one.name.lower())
        if action is None:
            return self._header(one)
        new = self._values.acted(action, one.value)
        return None if new is None else Header(one.name, new)

    def _header(self, one: Header) -> Header:
        """The same object if nothing in it had to change."""
        new = self._value(one.name.lower(), one)
        return one if new == one.value else Header(one.name, new)

    def _value(self, name: str, one: Header) -> str:
        value = one.value
        self._values.looking_at = name
        if name in self._named:
            return self._named_value(name, value)
        if "@" not in value and name in ("host", ":authority"):  # with one it is no host's name
            return value
        if self._values.strict and name in _PROTOCOL:
            return value
        if name in _URLS:
            return self._urls(value)
        return self._values.value(value, self._values.naming_of(one.name), name)

    def _urls(self, value: str) -> str:
        """A URL, or those in `<...>; rel="next", <...>` and `5; url=...`."""
        if "<" in value or "url=" in value.lower():
            return _LINK.sub(lambda url: redact_url(self._values, url[0]), value)
        return redact_url(self._values, value)

    def _named_value(self, name: str, value: str) -> str:
        if name == "cookie":
            return self._cookies(value)
        if name == "set-cookie":
            pair, mark, attributes = value.partition(";")
            return (self._cookie(pair) or "") + mark + attributes
        return self._values.secret(value) if name not in _CREDENTIALS else self._credentials(value)

    def _credentials(self, value: str) -> str:
        scheme, gap, credentials = value.partition(" ")
        if not gap or not scheme.replace("-", "").isalnum():
            return self._values.secret(value)
        blanks = len(credentials) - len(credentials.lstrip(" "))
        return scheme + gap + credentials[:blanks] + self._values.secret(credentials[blanks:])

    def _cookies(self, value: str) -> str:
        cookies = (self._cookie(pair) for pair in value.split(";"))
        return ";".join(cookie for cookie in cookies if cookie is not None)

    def _cookie(self, pair: str) -> str | None:
        name, mark, value = pair.partition("=")
        bare = (value if mark else name).strip().strip('"')
        action = self._values.rules.at("cookie", name.strip()) if mark else None
        if action is not None:
            acted = self._values.acted(action, bare)
            return None if acted is None else name + mark + (value.replace(bare, acted) if bare else value)
        if not bare:
            return pair
        if not mark:
            return name.replace(bare, self._values.secret(bare))
        return name + mark + value.replace(bare, self._values.secret(bare))
