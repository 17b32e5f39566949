"""Reads of what a write has changed, as the recording has them: what oracles see states with.

A read shows what a write did when it is bound to its answer, names the same resource, or reads the collection that the
write is below. One session's read serves another's write: it is sent with that one's credentials and ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.acting import CREDENTIALS, credentials_of, is_credential
from replayer.edits import insert_as
from replayer.place import parse_place
from replayer.places import read_request, write_request
from replayer.plan import Binding, Plan, Request, Step, in_place_order
from replayer.urltext import segments
from scenarios.explore.cuts import is_write
from scenarios.explore.rarity import by_session
from scenarios.resources.key import is_id, path_of

_OF_A_WRITE = 2  # different reads: mostly of the thing itself, and of the list that it is in

Pair = tuple[Step, Step]  # a write, and a read of the same session that shows what it did


class Reads:
    """How recorded sessions read what each route wrote: by the reads that came soonest after it, else before it."""

    def __init__(self, steps: Iterable[Step]) -> None:
        nearest: dict[str, dict[str, tuple[int, Pair]]] = {}
        for session in by_session(steps).values():
            for distance, pair in _pairs(session):
                routes = nearest.setdefault(pair[0].route, {})
                known = routes.get(pair[1].route)
                if known is None or distance < known[0]:
                    routes[pair[1].route] = (distance, pair)
        self._pairs: Mapping[str, list[Pair]] = {
            route: [pair for _, pair in sorted(routes.values(), key=lambda known: known[0])[:_OF_A_WRITE]]
            for route, routes in nearest.items()
        }

    @property
    def routes(self) -> frozenset[str]:
        """Routes that write and that some read shows the effects of."""
        return frozenset(self._pairs)

    def of(self, write: Step) -> list[Step]:
        """The reads that show what `write` does, as its own session would send them; each is yet to get its id."""
        reads = (_adapted(pair, write) for pair in self._pairs.get(write.route, ()))
        return [read for read in reads if read is not None]


def with_reads(plan: Plan, reads: Reads, writes: Sequence[str]) -> Plan:
    """The plan with what shows their effects inserted after each of the steps `writes`, where that can be."""
    for write in writes:
        for number, read in enumerate(reads.of(plan.step(write)), start=1):
            new = replace(read, id=f"{write}~r{number}", after=(write,))
            if all(step.id != new.id for step in plan.steps):
                plan = _inserted(plan, new, read.id)
    return plan


def _inserted(plan: Plan, new: Step, of: str) -> Plan:
    try:
        return insert_as(plan, new, of)
    except UsageError:
        return plan


def _pairs(session: Sequence[Step]) -> Iterator[tuple[int, Pair]]:
    """Every write of a session with each read that shows it, and how far apart they are; any before it are farther."""
    for at, write in enumerate(session):
        if is_write(write.route):
            for index, read in enumerate(session):
                if _shows(write, read):
                    yield (index - at if index > at else len(session) + at - index), (write, read)


def _shows(write: Step, read: Step) -> bool:
    if is_write(read.route) or read.protocol == "websocket" or read.messages:
        return False
    mine = {(binding.from_, binding.at) for binding in write.bindings if not is_credential(binding)}
    for binding in read.bindings:
        if not is_credential(binding) and (binding.from_ == write.id or (binding.from_, binding.at) in mine):
            return True
    above, below = path_of(read.route).rstrip("/"), path_of(write.route).rstrip("/")
    return bool(above) and (f"{below}/".startswith(f"{above}/") or f"{above}/".startswith(f"{below}/"))


def _adapted(pair: Pair, write: Step) -> Step | None:
    """The pair's read as `write`'s session sends it after `write`; None where it needs what that one has not got."""
    model, read = pair
    bindings = [_like(binding, model, write) for binding in read.bindings if not is_credential(binding)]
    if None in bindings:
        return None
    request = _with_ids(read, model, write)
    if request is None:
        return None
    headers, credentials = credentials_of(write)
    own = tuple(header for header in request.headers if header[0].lower() not in CREDENTIALS)
    return replace(
        read,
        session=write.session,
        connection=write.connection,
        protocol=write.protocol if write.protocol != "websocket" else read.protocol,
        request=replace(request, headers=own + headers),
        bindings=in_place_order((*(binding for binding in bindings if binding), *credentials)),
        barrier=None,
        closes=False,
        recorded=None,
    )


def _like(binding: Binding, model: Step, write: Step) -> Binding | None:
    """What the read is bound to, told by what its write is bound to or has answered: the same of another write."""
    if binding.from_ == model.id:
        return replace(binding, from_=write.id)
    for shared in model.bindings:
        if (shared.from_, shared.at) == (binding.from_, binding.at):
            mine = next((own for own in write.bindings if own.into == shared.into), None)
            return mine and replace(binding, from_=mine.from_, at=mine.at)
    return None


def _with_ids(read: Step, model: Step, write: Step) -> Request | None:
    """The read's request with the ids of `write`'s path where it has those of `model`'s that nothing is bound into."""
    request = read.request
    for nth in _unbound_ids(read):
        value = read_request(read.request, f"path:{nth}")
        same = [at for at in _unbound_ids(model) if read_request(model.request, f"path:{at}") == value]
        if not same or same[0] not in _unbound_ids(write):
            return None
        request = write_request(request, f"path:{nth}", read_request(write.request, f"path:{same[0]}"))
    return request


def _unbound_ids(step: Step) -> list[int]:
    """Segments of the path that are ids, and that no answer fills."""
    bound = {parse_place(binding.into).nth for binding in step.bindings if binding.into.startswith("path:")}
    pattern = path_of(step.route).split("/")[1:]
    if len(pattern) != len(segments(step.request.target)):
        return []
    return [nth for nth, segment in enumerate(pattern) if is_id(segment) and nth not in bound]
