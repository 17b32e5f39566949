"""A client's own retries, recognised in a recording and folded into the request that they repeat.

Replaying both the policy of a scenario and the retries that were recorded would retry twice. But a request folded by
mistake is traffic lost, so only what can hardly mean anything else is folded: the same session sent the same method,
target, body, credentials and Idempotency-Key again, soon after the first had failed, wrote nothing else between, and
does not send that request over and over anyway (a poll, a second click); unless the Idempotency-Key says that it is.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from recorder.exchange import Exchange, header, held_bytes
from replayer.traffic.account import Account
from replayer.traffic.template import protocol_of

MOST_HELD = 4096  # exchanges held until it is known whether a retry follows
MOST_HELD_BYTES = 32 << 20  # of their bodies

_SOON_S = 5.0  # clients of HTTP libraries retry within that, at first
_BACKING_OFF = 3.0  # times the pause before, at most: backoffs double, with jitter
_MOST_PAUSE_S = 30.0
_ASKED_S = 60.0  # where the answer said Retry-After
_MOST_ATTEMPTS = 20
_REMEMBERED = 50_000  # requests known to be sent over and over
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_WHOSE = ("authorization", "cookie", "idempotency-key")  # with others of these it is another request

Signature = int  # a hash of this process: that two of the 50,000 remembered agree by chance is out of the question
K = TypeVar("K")
V = TypeVar("V")


class Folded(NamedTuple):
    """An exchange whose answer is that of the last of its `attempts`."""

    exchange: Exchange
    attempts: int


class _Chain:
    """A request and what may be its retries, in order."""

    def __init__(self, first: Exchange, *, keyed: bool) -> None:
        self.attempts = [first]
        self.keyed = keyed
        self.is_none = False  # its requests have a meaning of their own

    @property
    def until_s(self) -> float:
        """Whatever starts later is no retry of it any more."""
        last = self.attempts[-1]
        if (asked_s := _retry_after_s(last)) is not None:
            return last.ended_s + min(_ASKED_S, asked_s + _SOON_S)
        pause_s = last.started_s - self.attempts[-2].ended_s if len(self.attempts) > 1 else 0.0
        return last.ended_s + min(_MOST_PAUSE_S, max(_SOON_S, _BACKING_OFF * pause_s))

    def may_go_on(self, exchange: Exchange) -> bool:
        last = self.attempts[-1]
        soon = last.ended_s <= exchange.started_s <= self.until_s
        return soon and failed(last) and len(self.attempts) < _MOST_ATTEMPTS

    def folded(self) -> Folded:
        first, last = self.attempts[0], self.attempts[-1]
        if first is last:
            return Folded(first, 1)
        told = replace(
            first,
            closes=last.closes,
            first_byte_s=last.first_byte_s,
            ended_s=last.ended_s,
            response=last.response,
            error=last.error,
        )
        return Folded(told, len(self.attempts))


class _Held(NamedTuple):
    exchange: Exchange
    chain: _Chain | None  # None: nothing is awaited


def folded(exchanges: Iterable[Exchange], account: Account) -> Iterator[Folded]:
    """The exchanges in the order given, retries folded into what they repeat; at most 4096 are held for it."""
    folder = _Folder(account)
    for exchange in exchanges:
        folder.take(exchange)
        yield from folder.settled(exchange.started_s)
    yield from folder.settled(float("inf"))


def failed(exchange: Exchange) -> bool:
    """Whether clients retry what was met: no whole answer, a timeout, too many requests, any 5xx."""
    return (
        exchange.response is None
        or exchange.error is not None
        or exchange.response.status in (408, 425, 429)
        or (exchange.response.status >= 500)
    )


class _Folder:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._held: deque[_Held] = deque()
        self._bytes = 0  # of their bodies
        self._chains: dict[Signature, _Chain] = {}
        self._wrote: OrderedDict[str, tuple[float, Signature]] = OrderedDict()  # session -> its latest write's start
        self._again: OrderedDict[Signature, None] = OrderedDict()  # answered well before: sent over and over

    def take(self, exchange: Exchange) -> None:
        signature = signature_of(exchange)
        chain = None if signature is None else self._chain(exchange, signature)
        self._held.append(_Held(exchange, chain))
        self._bytes += held_bytes(exchange)
        if signature is None:
            return
        if exchange.request.method not in _SAFE and (chain is None or chain.attempts[0] is exchange):
            _remember(self._wrote, exchange.session, (exchange.started_s, signature))
        if not failed(exchange):
            _remember(self._again, signature, None)

    def _chain(self, exchange: Exchange, signature: Signature) -> _Chain | None:
        """The chain that the exchange goes on with, or begins."""
        chain = self._chains.get(signature)
        if chain is not None and exchange.started_s <= chain.until_s:
            if chain.may_go_on(exchange) and not self._wrote_between(chain, exchange, signature):
                chain.attempts.append(exchange)
                return chain
            chain.is_none |= not chain.keyed  # it came once more, and not after a failure
        if not failed(exchange):
            return None
        keyed = header(exchange.request.headers, "idempotency-key") is not None
        if signature in self._again and not keyed:
            return None
        self._chains[signature] = begun = _Chain(exchange, keyed=keyed)
        return begun

    def _wrote_between(self, chain: _Chain, exchange: Exchange, signature: Signature) -> bool:
        wrote = self._wrote.get(exchange.session)
        return wrote is not None and wrote[1] != signature and wrote[0] >= chain.attempts[-1].ended_s

    def settled(self, now_s: float) -> Iterator[Folded]:
        """What is known at `now_s` to have no further retry, from the oldest on."""
        while self._held:
            exchange, chain = self._held[0]
            if chain is not None and chain.attempts[0] is exchange and chain.until_s >= now_s and not chain.is_none:
                if len(self._held) <= MOST_HELD and self._bytes <= MOST_HELD_BYTES:
                    return
                self._account.doubtful += failed(chain.attempts[-1])
            self._held.popleft()
            self._bytes -= held_bytes(exchange)
            yield from self._told(exchange, chain)

    def _told(self, exchange: Exchange, chain: _Chain | None) -> Iterator[Folded]:
        if chain is None:
            yield Folded(exchange, 1)
            return
        is_first = chain.attempts[0] is exchange
        if is_first:
            self._let_go(chain)
        if chain.is_none:
            yield Folded(exchange, 1)
        elif is_first:
            self._account.folded += len(chain.attempts) - 1
            yield chain.folded()

    def _let_go(self, chain: _Chain) -> None:
        signature = signature_of(chain.attempts[0])
        if signature is not None and self._chains.get(signature) is chain:
            del self._chains[signature]


def signature_of(exchange: Exchange) -> Signature | None:
    """What two requests share that are one and its retry; None of what is never folded: sockets, unknown bodies."""
    request = exchange.request
    content = request.post_data
    if (content.size and not content.text and content.digest is None) or protocol_of(exchange) == "websocket":
        return None
    whose = tuple([f"{name}={each.value}" for each in request.headers if (name := each.name.lower()) in _WHOSE])
    return hash((exchange.session, request.method, request.url, content.digest or content.text, *whose))


def _retry_after_s(exchange: Exchange) -> float | None:
    """Seconds that the answer asked to wait; None where it did not, or named a date."""
    said = header(exchange.response.headers, "retry-after") if exchange.response else None
    return float(said) if said is not None and said.isdecimal() else None


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    """Keeps the newest."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
