"""Which upstream a request goes to: by the longest prefix of its path."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from foreshock.errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Upstream(NamedTuple):
    """A system that is recorded. `prefix` is '/' or the path prefix that leads to it, which it gets to see too."""

    prefix: str
    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """As a Host header has it: without the port that its scheme implies."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def takes(self, path: str) -> bool:
        """Whole segments only: '/api' takes '/api', '/api/x' and '/api?q', not '/apiary'."""
        bare = self.prefix.rstrip("/")
        return path.startswith(bare) and path[len(bare) : len(bare) + 1] in ("", "/", "?", "#")


class Upstreams(msgspec.Struct, frozen=True):
    """All of them, asked with the path of each request."""

    longest_first: tuple[Upstream, ...]  # by prefix; the last one takes what no other takes

    def of(self, path: str) -> Upstream:
        """The one with the longest prefix; the default where none fits ('*' of OPTIONS, say)."""
        return next((one for one in self.longest_first if one.takes(path)), self.default)

    @property
    def default(self) -> Upstream:
        return self.longest_first[-1]

    def __iter__(self) -> Iterator[Upstream]:
        """The default first."""
        return reversed(self.longest_first)


def parse_upstreams(texts: Sequence[str]) -> Upstreams:
    """Of 'URL' and '/PREFIX=URL'. UsageError unless each is one, no prefix is there twice, and one takes the rest."""
    upstreams = [_parse(text) for text in texts]
    prefixes = [one.prefix for one in upstreams]
    for prefix in prefixes:
        if prefixes.count(prefix) > 1:
            raise UsageError(f"upstream={prefix!r}: two upstreams for one prefix; give each a prefix: /PREFIX=URL")
    if "/" not in prefixes:
        raise UsageError(
            f"upstream={' '.join(texts)!r}: nothing takes the other paths; add the default: --upstream URL"
        )
    return Upstreams(tuple(sorted(upstreams, key=lambda one: len(one.prefix), reverse=True)))


def _parse(text: str) -> Upstream:
    prefix, mark, url = text.partition("=")
    if not (mark and prefix.startswith("/")):
        prefix, url = "/", text
    target = parse_upstream(url)
    port = target.port or _DEFAULT_PORTS[target.scheme]
    return Upstream(prefix, target.scheme, target.hostname or "", port)


def parse_upstream(upstream: str) -> SplitResult:
    """UsageError unless it is http or https with a host and nothing after the port."""
    wanted = "expected http://HOST[:PORT] or https://HOST[:PORT]"
    try:
        target = urlsplit(upstream)
        known = target.scheme in ("http", "https") and target.hostname and target.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"upstream={upstream!r}: {wanted}")
    if target.path not in ("", "/") or target.query or target.fragment or target.username is not None:
        raise UsageError(f"upstream={upstream!r}: {wanted}, without user, path or query; paths are the clients'")
    return target
