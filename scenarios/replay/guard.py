"""Never production (law 8): what a replay may be sent to."""

from __future__ import annotations

from collections.abc import Collection

from foreshock.ask import accepts
from foreshock.errors import HarnessError, UsageError
from replayer.target import Target
from scenarios.hosts import check_allowed, check_upstream_is_no_target

_CONNECT_S = 5.0


def check_target(target: Target, url: str, allow: Collection[str], upstream: str) -> None:
    """Raises UsageError unless the target is loopback or allowed by name, the recorded system itself above all."""
    try:
        check_allowed(target.host, allow)
    except ValueError:
        recorded = _is_recorded(url, upstream)
        what = "it is the system that was recorded" if recorded else "no host but loopback is sent traffic unasked"
        raise UsageError(
            f"target={url}: {what}; if {target.host} may be sent all of this traffic, writes included, say --allow "
            f"{target.host}"
        ) from None


async def check_it_is_there(target: Target, url: str) -> None:
    """Raises HarnessError where nothing listens, before anything is sent."""
    if not await accepts(target.host, target.port, timeout_s=_CONNECT_S):
        raise HarnessError(
            f"target={url}: nothing accepts connections at {target.host}:{target.port}; start it. Nothing was sent"
        )


def _is_recorded(url: str, upstream: str) -> bool:
    try:
        check_upstream_is_no_target(upstream, url, ())
    except UsageError:
        return True
    return False
