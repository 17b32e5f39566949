"""A rule: which connections or requests of a link are steered to the lane of a fault. Data only."""

import re
from typing import Literal

import msgspec


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Takes the `n`-th eligible one, or those that `drawn(key, ...) < fraction` picks.

    `method` and `path` ('' is any) are of requests only. In `path`, '{id}' is any one segment; a query isn't looked at.
    """

    id: str  # the fault's
    lane: str  # 'host:port' of the lane's proxy
    per: Literal["request", "connection"]
    n: int | None = None  # from 1
    fraction: float | None = None
    key: str = ""  # 'seed/fault id'
    method: str = ""
    path: str = ""
    on: bool = True  # False: nothing is eligible now; the count for `n` goes on later from where it was

    def __post_init__(self) -> None:
        if (self.n is None) == (self.fraction is None):
            raise ValueError(f"rule {self.id!r}: expected exactly one of n, fraction")
        if self.n is not None and self.n < 1:
            raise ValueError(f"rule {self.id!r}: n={self.n}: expected a whole number from 1 on")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise ValueError(f"rule {self.id!r}: fraction={self.fraction}: expected more than 0 and at most 1")
        if self.per == "connection" and (self.method or self.path):
            raise ValueError(f"rule {self.id!r}: method and path are of requests; expected none with per='connection'")
        if self.path and not self.path.startswith("/"):
            raise ValueError(f"rule {self.id!r}: path={self.path!r}: expected '' or a template that starts with '/'")


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule met since it was made: all there were, those it was on for and that match, those it steered."""

    id: str
    offered: int = 0
    eligible: int = 0
    hits: int = 0
    unsteerable: int = 0  # eligible requests that can't be steered one by one: pipelined, HTTP/2, Upgrade, CONNECT


def path_pattern(template: str) -> re.Pattern[str]:
    """Matches the paths that `template` stands for: '/orders/{id}' does '/orders/17', not '/orders/17/lines'."""
    if not template:
        return re.compile("")
    segments = [
        "[^/]+" if segment.startswith("{") and segment.endswith("}") else re.escape(segment)
        for segment in template.split("/")
    ]
    return re.compile("/".join(segments) + r"\Z")
