"""How often each host was met: a table with a bound, for hosts are what clients write."""

import re
from collections import Counter
from functools import lru_cache

import msgspec

MOST = 1000  # hosts told by name; who comes after them is counted together

_HOST = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9_.-]{1,253}))(?::\d*)?"
    r"|(?P<bare>(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45})"  # IPv6, which has two colons at least
)


class Tally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times by host; `unlisted` are those of hosts that came when the table was full, or are no host's name."""

    by_host: dict[str, int] = msgspec.field(default_factory=dict)
    unlisted: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Of two recorders together: the table may be twice as long."""
        return Tally(
            by_host=dict(Counter(self.by_host) + Counter(other.by_host)), unlisted=self.unlisted + other.unlisted
        )

    def __bool__(self) -> bool:
        return bool(self.by_host or self.unlisted)


class Tallying:
    """A tally that grows. Belongs to one thread."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_host: Counter[str] = Counter()
        self._unlisted = 0

    def add(self, host: str, count: int = 1) -> None:
        """`host` as `host_name` gives it; '' is nobody's."""
        if host and (host in self._by_host or len(self._by_host) < self._most):
            self._by_host[host] += count
        else:
            self._unlisted += count

    @property
    def tally(self) -> Tally:
        return Tally(by_host=dict(self._by_host), unlisted=self._unlisted)


@lru_cache(4096)
def host_name(text: str) -> str:
    """The host of 'Shop.example.:8080', in lower case and without its port; '' where it is none. IPv6 bare."""
    match = _HOST.fullmatch(text.strip())
    if match is None:
        return ""
    return (match["bracketed"] or match["name"] or match["bare"]).lower().removesuffix(".")
