"""Acknowledged write lost: the system said that it made a resource, nobody deleted it, and at the end it is not there.

Needs: a route whose answers say the id of what they make (`scenarios.resources.kinds`), and a recorded read of it, or a
list. Violated where the closing read of the resource is answered 404 or 410 after an ok create, and no delete of it, or
of what it is in, could have happened: a delete that was answered ok or unknown is enough to hold it.

Where it can be wrong: what is made for a short time only (it expires within a run), or only seen after somebody has
allowed it. Its control fails then as well.
"""

from __future__ import annotations

from scenarios.checks.oracles.seen import Seen
from scenarios.checks.oracles.telling import Telling
from scenarios.finding import CheckResult
from scenarios.resources.key import Key
from scenarios.resources.op import Op

_GONE = (404, 410)
_ACCEPTED = 202  # it will be made, some time


def write_lost(seen: Seen) -> tuple[CheckResult, ...]:
    telling = Telling("acknowledged write lost")
    for op in seen.ops:
        if op.fate == "ok" and op.is_write and op.status != _ACCEPTED:
            for key in op.made:
                _look(seen, op, key, telling)
    return telling.results()


def _look(seen: Seen, made_by: Op, key: Key, telling: Telling) -> None:
    views = [view for view in seen.read_by_those_who_may(key) if view.settled]
    if not views:
        return
    gone = [view for view in views if view.status in _GONE]
    if not gone:
        telling.held(made_by.route)
    elif not any(_may_end(op, key) for op in seen.ops if not op.before(made_by)):
        telling.violated(
            made_by.route,
            f"{made_by.route} was answered {made_by.status} and made {key}; nobody deleted it, and at the end "
            f"{gone[0].route} is answered {gone[0].status}",
            {"made_by": made_by.id, "resource": str(key), "status": gone[0].status},
        )


def _may_end(op: Op, key: Key) -> bool:
    """Whether the operation may have deleted the resource, or what it is in."""
    if op.method != "DELETE" or op.fate == "failed":
        return False
    return any(named == key or key.kind.startswith(f"{named.kind}/") for named in op.keys) or not op.keys
