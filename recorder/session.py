"""Which session an exchange belongs to: one client's, told by its credentials, else by its connection.

Works on redacted exchanges: pseudonyms are consistent, so they tell sessions apart as well as the secrets would.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

from recorder.exchange import Exchange, Request, Response, header, header_values
from recorder.jsonspans import spans, string_of
from recorder.policy import Policy, names_of

RULE = (
    "A request belongs to the session that holds its Authorization value or a cookie value of 8 characters or more: "
    "the one that first sent it, or whose answer gave it (Set-Cookie, or a token in a JSON body). A cookie that no "
    "answer set counts if its name is a session's. Else it belongs to the session of its client connection, unless "
    "that holds another credential of the same name. Connection: close, HTTP/1.0 and X-Forwarded-For make address and "
    "User-Agent stand for the connection. A value given to two sessions tells nothing."
)

_LIMIT = 200_000  # credentials and connections remembered; the oldest are forgotten
_CREDENTIAL_CHARS = 8  # shorter values are settings ('en', 'dark'), not identities
_SESSION_NAME = re.compile(r"sess|sid\b|sid$|auth|token|jwt|login|user", re.IGNORECASE)
_is_token = names_of(Policy(fields=("token", "jwt", "session id", "api key", "sid")))

Value = TypeVar("Value")


class _Session:
    """`holds` are the names under which it sent or was given credentials ('authorization', a cookie's name)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holds: set[str] = set()


class Sessions:
    """Names the session of every exchange, given in the order in which they ended. Belongs to one thread."""

    def __init__(self) -> None:
        self._made = 0
        self._of_credential: dict[str, _Session | None] = {}  # value -> its session; None: it tells nothing
        self._of_connection: dict[str, _Session] = {}

    def of(self, exchange: Exchange, address: str = "") -> str:
        """'s00001' and so on, in the order in which sessions were first met. `address` is the client's host."""
        sent = [(name, value) for name, value in _sent(exchange.request) if self._tells(name, value)]
        connection = _connection(exchange, address)
        session = self._by_credential(sent) or self._by_connection(connection, sent) or self._new()
        _remember(self._of_connection, connection, session)
        for name, value in sent:
            self._give(session, name, value)
        for name, value in _given(exchange.response):
            self._give(session, name, value)
        return session.name

    def _tells(self, name: str, value: str) -> bool:
        if value in self._of_credential:
            return self._of_credential[value] is not None
        return name == "authorization" or _SESSION_NAME.search(name) is not None

    def _by_credential(self, sent: list[tuple[str, str]]) -> _Session | None:
        known = (self._of_credential.get(value) for _, value in sent)
        return next((session for session in known if session), None)

    def _by_connection(self, connection: str, sent: list[tuple[str, str]]) -> _Session | None:
        session = self._of_connection.get(connection)
        if session is None or any(name in session.holds for name, _ in sent):
            return None
        return session

    def _new(self) -> _Session:
        self._made += 1
        return _Session(f"s{self._made:05}")

    def _give(self, session: _Session, name: str, value: str) -> None:
        session.holds.add(name)
        if self._of_credential.get(value, session) is session:
            _remember(self._of_credential, value, session)
        else:
            self._of_credential[value] = None


def _connection(exchange: Exchange, address: str) -> str:
    """What stands for the client's connection: its id, or address and user agent where connections tell nothing."""
    headers = exchange.request.headers
    forwarded = (header(headers, "x-forwarded-for") or "").partition(",")[0].strip()
    closes = exchange.request.http_version == "HTTP/1.0" or (header(headers, "connection") or "").lower() == "close"
    if forwarded or (closes and address):
        return f"{forwarded or address} {header(headers, 'user-agent') or ''}"
    return exchange.connection


def _sent(request: Request) -> Iterator[tuple[str, str]]:
    """(name, value) of each credential that a request shows."""
    for value in header_values(request.headers, "authorization"):
        yield "authorization", value.partition(" ")[2] or value
    for line in header_values(request.headers, "cookie"):
        for pair in line.split(";"):
            yield from _cookie(pair)


def _given(response: Response | None) -> Iterator[tuple[str, str]]:
    """(name, value) of each credential that a response hands out."""
    if response is None:
        return
    for line in header_values(response.headers, "set-cookie"):
        yield from _cookie(line.partition(";")[0])
    if "json" in (header(response.headers, "content-type") or "").lower():
        yield from (("authorization", token) for token in _tokens(response.content.text))


def _cookie(pair: str) -> Iterator[tuple[str, str]]:
    name, _, value = pair.strip().partition("=")
    value = value.strip('"')
    if len(value) >= _CREDENTIAL_CHARS:
        yield name, value


def _tokens(text: str) -> Iterator[str]:
    """Strings below a token's name in a JSON text (bodies that are compressed tell nothing)."""
    for span in spans(text, _is_token):
        token = text[span.start : span.end]
        if span.named and token.startswith('"') and len(token) > _CREDENTIAL_CHARS + 1:
            yield string_of(token)


def _remember(memory: dict[str, Value], key: str, value: Value) -> None:
    """Keeps the newest: a long recording must not grow without bound."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > _LIMIT:
        memory.pop(next(iter(memory)))
