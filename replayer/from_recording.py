"""A plan from a recording: every exchange a step, due when it was recorded, after what its client had waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Exchange, Response, header_values
from recorder.recording import Recording
from recorder.routes import Routes
from replayer.bindings import Learner
from replayer.outcome import Answer
from replayer.plan import Binding, Body, Header, Plan, Provenance, Recorded, Request, Source, Step, in_due_order
from replayer.sending import decoded
from replayer.target import HOP_BY_HOP
from replayer.urltext import origin_form


def plan_of(
    recording: Recording,
    *,
    name: str,
    seed: int,
    speed: float = 1.0,
    sessions: Collection[str] | None = None,
    bindings: bool = True,
) -> Plan:
    """The plan that does `recording` again, `speed` times as fast; of some `sessions` only, where they are given.

    Steps are s1, s2, ... in the order the requests started; the first is due at 0. Without `bindings` every value is
    sent as recorded. Raises InvalidRun for a recording without exchanges, UsageError for a speed or a session that
    cannot be.
    """
    if not speed > 0:
        raise UsageError(f"speed={speed}: expected a number above 0, such as 1 or 2.5")
    routes = Routes.learn((exchange.request.method, exchange.request.url) for exchange in recording.exchanges())
    wanted = _wanted(recording, sessions)
    steps = in_due_order(_steps(wanted, routes, speed, Learner() if bindings else None))
    if not steps:
        lost = f" ({'; '.join(recording.tears)})" if recording.tears else ""
        raise InvalidRun(
            f"recording={recording.path}: holds no exchanges{lost}, so there is nothing to replay; record again"
        )
    missing = set(sessions or ()) - {step.session for step in steps}
    if missing:
        raise UsageError(f"session={min(missing)}: the recording {recording.path} has no such session")
    source = Source(
        recording=recording.path.name, fingerprint=recording.fingerprint, sessions=tuple(sorted(sessions or ()))
    )
    header = Header(name=name, seed=seed, source=source, provenance=Provenance(made_by="recording"))
    return Plan(header, steps)


def request_of(exchange: Exchange) -> Request:
    """The request template of an exchange: as recorded, without what belongs to its connection."""
    recorded = exchange.request
    named = (
        name.strip().lower() for value in header_values(recorded.headers, "connection") for name in value.split(",")
    )
    own = HOP_BY_HOP.union(named)
    return Request(
        method=recorded.method,
        target=origin_form(recorded.url),
        headers=tuple((header.name, header.value) for header in recorded.headers if header.name.lower() not in own),
        body=Body.of(recorded.post_data.raw),
    )


def answer_of(response: Response) -> Answer:
    """A recorded response as a replayed one would be kept: its body without Content-Encoding."""
    headers = tuple((header.name, header.value) for header in response.headers)
    body = decoded(headers, response.content.raw)
    return Answer(status=response.status, headers=headers, body=body, body_bytes=len(body))


def _wanted(recording: Recording, sessions: Collection[str] | None) -> Iterator[Exchange]:
    return (exchange for exchange in recording.exchanges() if not sessions or exchange.session in sessions)


def _steps(exchanges: Iterator[Exchange], routes: Routes, speed: float, learner: Learner | None) -> Iterator[Step]:
    started_s: float | None = None
    order = _Order()
    for number, exchange in enumerate(exchanges, start=1):
        started_s = exchange.started_s if started_s is None else started_s
        request = request_of(exchange)
        step = f"s{number}"
        yield Step(
            id=step,
            due_s=max(0.0, round((exchange.started_s - started_s) / speed, 6)),
            session=exchange.session,
            route=routes.of(exchange.request.method, exchange.request.url),
            request=request,
            after=order.after(step, exchange),
            bindings=_bindings(learner, step, exchange, request),
            recorded=_recorded(exchange),
        )


def _bindings(learner: Learner | None, step: str, exchange: Exchange, request: Request) -> tuple[Binding, ...]:
    if learner is None:
        return ()
    answer = answer_of(exchange.response) if exchange.response else None
    return learner.meet(step, exchange.session, request, exchange.started_s, exchange.ended_s, answer)


def _recorded(exchange: Exchange) -> Recorded:
    return Recorded(
        status=exchange.response.status if exchange.response else None,
        latency_s=round(exchange.ended_s - exchange.started_s, 6),
        error=exchange.error,
    )


class _Order:
    """Per session, the steps that a new one is known to have followed: the latest that had ended when it started."""

    def __init__(self) -> None:
        self._open: dict[str, list[tuple[str, float, float]]] = {}  # session -> (step, started, ended)

    def after(self, step: str, exchange: Exchange) -> tuple[str, ...]:
        """The steps that had ended before `exchange` started, but those that another of them followed in turn."""
        held = self._open.setdefault(exchange.session, [])
        ended = [entry for entry in held if entry[2] <= exchange.started_s]
        latest_s = max((started_s for _, started_s, _ in ended), default=0.0)
        heads = [entry for entry in ended if entry[2] > latest_s or entry[1] == latest_s]
        # Whoever is followed by a head is behind every later step too, and is not needed again.
        held[:] = [entry for entry in held if entry not in ended or entry in heads]
        held.append((step, exchange.started_s, exchange.ended_s))
        return tuple(name for name, _, _ in heads)
