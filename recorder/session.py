"""Which session an exchange belongs to: one client's, told by its credentials, else by its connection.

Consistent values tell sessions apart, plain or as pseudonyms. The recorder looks before it redacts, so that no policy
changes who is who; what it remembers stays in memory, and what it writes down are hashes under the key.
"""

import hmac
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from recorder.exchange import Exchange, Request, Response, header, header_values
from recorder.forgetting import forget_oldest
from recorder.jsonspans import spans, string_of
from recorder.sessionkey import SessionKey

RULE = (
    "A request belongs to the session that holds its Authorization value or a cookie value of 8 characters or more: "
    "the one that first sent it, or whose answer gave it (Set-Cookie, or a token in a JSON body). A cookie that no "
    "answer set counts if its name is a session's. Without these, a client certificate counts. Else it belongs to the "
    "session of its client connection, unless that holds another credential of the same name. Connection: close, "
    "HTTP/1.0 and X-Forwarded-For make address and User-Agent stand for the connection. A value given to two sessions "
    "tells nothing."
)

_LIMIT = 200_000  # credentials and connections remembered; the oldest are forgotten
_CREDENTIAL_CHARS = 8  # shorter values are settings ('en', 'dark'), not identities
_SESSION_NAME = re.compile(r"sess|sid\b|sid$|auth|token|jwt|login|user", re.IGNORECASE)
_TOKEN_HINTS = (b"token", b"jwt", b"session", b"api", b"sid")  # a body without any of them has no token's field
_NAMED_SO = r"(?:token|jwt|session[^a-z0-9\"]?id|api[^a-z0-9\"]?key|sid)"
_IS_TOKEN = re.compile(rf"{_NAMED_SO}\Z", re.IGNORECASE)
_TOKEN_FIELD = re.compile(rf'{_NAMED_SO}"\s*:\s*'.encode())  # of small letters: re.IGNORECASE is ten times slower
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALWAYS_TELLS = frozenset({"authorization", "certificate", "session key"})

Value = TypeVar("Value")


class Peer(NamedTuple):
    """Who is at the other end of a client's connection, as far as connections tell."""

    address: str = ""  # host; the PROXY protocol's where it says one
    certificate: str = ""  # SHA-256 of the client's, in hex


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """How sessions are told. `trusted_hops` is how many load balancers add to X-Forwarded-For: the client is the one
    that the outermost of them names. 0: the header is not believed; None: its first entry is, whoever wrote it."""

    key: SessionKey | None = None
    trusted_hops: int | None = None

    def __str__(self) -> str:
        """As it stands in the manifest."""
        said = [f"What shows {self.key} belongs to the session of that value."] if self.key else []
        said.append(RULE)
        if self.trusted_hops is not None:
            said.append(f"X-Forwarded-For is believed for {self.trusted_hops} hops.")
        return " ".join(said)


class Session:
    """`holds` are the names under which it sent or was given credentials ('authorization', a cookie's name).

    `identity` is what it was first known by: a credential, or what stood for its connection. `sampled_in` is the
    sampler's decision, which stays with it.
    """

    __slots__ = ("holds", "identity", "name", "sampled_in")

    def __init__(self, name: str, identity: str) -> None:
        self.name = name
        self.identity = identity
        self.holds: set[str] = set()
        self.sampled_in: bool | None = None


class Sessions:
    """Names the session of every exchange, given in the order in which they ended. Belongs to one thread."""

    def __init__(self, rule: Rule = Rule()) -> None:  # noqa: B008 (frozen)
        self.learnt: list[tuple[Session, str]] = []  # what sessions are newly known by; the owner takes them out
        self._rule = rule
        self._made = 0
        self._of_credential: dict[str, Session | None] = {}  # value -> its session; None: it tells nothing
        self._of_connection: dict[str, Session] = {}

    def of(self, exchange: Exchange, address: str = "") -> str:
        """'s00001' and so on, in the order in which sessions were first met. `address` is the client's host."""
        name = self.session_of(exchange, Peer(address)).name
        self.learnt.clear()
        return name

    def session_of(self, exchange: Exchange, peer: Peer = Peer()) -> Session:  # noqa: B008 (a tuple)
        """The session, which is the same object for as long as it is remembered."""
        sent = self._shown(exchange, peer)
        given = list(_given(exchange.response))
        connection, is_own = self._connection(exchange, peer)
        session = self._by_credential(sent) or self._by_connection(connection, sent)
        if session is None:
            telling = (value for name, value in (*sent, *given) if self._tells(name, value))
            session = self._new(next(telling, connection))
        if not is_own and connection not in self._of_connection:
            self.learnt.append((session, connection))
        _remember(self._of_connection, connection, session)
        for name, value in (*sent, *given):
            self._give(session, name, value)
        return session

    def _shown(self, exchange: Exchange, peer: Peer) -> list[tuple[str, str]]:
        """(name, value) of what the request tells its session by, the surest first."""
        if self._rule.key and (value := self._rule.key.of(exchange)):
            return [("session key", value)]
        sent = [(name, value) for name, value in _sent(exchange.request) if self._tells(name, value)]
        return sent or ([("certificate", peer.certificate)] if peer.certificate else [])

    def _tells(self, name: str, value: str) -> bool:
        if value in self._of_credential:
            return self._of_credential[value] is not None
        return _is_a_sessions(name)

    def _by_credential(self, sent: list[tuple[str, str]]) -> Session | None:
        known = (self._of_credential.get(value) for _, value in sent)
        return next((session for session in known if session), None)

    def _by_connection(self, connection: str, sent: list[tuple[str, str]]) -> Session | None:
        session = self._of_connection.get(connection)
        if session is None or any(name in session.holds for name, _ in sent):
            return None
        return session

    def _new(self, identity: str) -> Session:
        self._made += 1
        return Session(f"s{self._made:05}", identity)

    def _give(self, session: Session, name: str, value: str) -> None:
        session.holds.add(name)
        if value not in self._of_credential and _is_a_sessions(name):
            self.learnt.append((session, value))
        if self._of_credential.get(value, session) is session:
            _remember(self._of_credential, value, session)
        else:
            self._of_credential[value] = None

    def _connection(self, exchange: Exchange, peer: Peer) -> tuple[str, bool]:
        """What stands for the client's connection, and whether that is its id: it is address and user agent where
        connections tell nothing, behind a load balancer or of clients that close each."""
        headers = exchange.request.headers
        forwarded = _forwarded(exchange.request, self._rule.trusted_hops)
        closes = exchange.request.http_version == "HTTP/1.0" or (header(headers, "connection") or "").lower() == "close"
        if forwarded or (closes and peer.address):
            return f"{forwarded or peer.address} {header(headers, 'user-agent') or ''}", False
        return exchange.connection, True


def _is_a_sessions(name: str) -> bool:
    return name in _ALWAYS_TELLS or _SESSION_NAME.search(name) is not None


def identity_hash(key: bytes, identity: str) -> str:
    """16 hex digits by which recorders with one key know the same client, and nobody else knows it."""
    return hmac.digest(key, b"foreshock session " + identity.encode("utf-8", "surrogateescape"), "sha256").hex()[:16]


def _forwarded(request: Request, trusted_hops: int | None) -> str:
    """The client's address that X-Forwarded-For gives; '' where there is none, or none to believe."""
    if trusted_hops == 0:
        return ""
    line = ",".join(header_values(request.headers, "x-forwarded-for"))
    hops = [hop.strip() for hop in line.split(",")]
    if trusted_hops is None:
        return hops[0]
    return hops[-trusted_hops] if len(hops) >= trusted_hops else hops[0]


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
    raw = text.encode("utf-8", "surrogatepass")
    lower = raw.lower()  # of bytes: it moves none
    if not any(hint in lower for hint in _TOKEN_HINTS):
        return
    values = [field.end() for field in _TOKEN_FIELD.finditer(lower)]
    if any(raw.startswith((b"{", b"["), at) for at in values):  # all that is below it counts
        tokens = [text[span.start : span.end] for span in spans(text, _is_token) if span.named]
    else:
        tokens = [string[0].decode("utf-8", "surrogatepass") for at in values if (string := _STRING.match(raw, at))]
    for token in tokens:
        if token.startswith('"') and len(token) > _CREDENTIAL_CHARS + 1:
            yield string_of(token)


def _is_token(name: str) -> bool:
    return _IS_TOKEN.search(name) is not None


def _remember(memory: dict[str, Value], key: str, value: Value) -> None:
    """Keeps the newest: a long recording must not grow without bound."""
    memory.pop(key, None)
    memory[key] = value
    forget_oldest(memory, _LIMIT)
