"""A plan from a recording: every exchange a step, due when it was recorded, after what its client had waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Exchange
from recorder.recording import Recording
from recorder.routes import Routes
from replayer.bindings import Learner
from replayer.comparing.twins import Twins
from replayer.plan import Binding, Budget, Header, Plan, Provenance, Request, Retry, Source, Step
from replayer.traffic.account import Account
from replayer.traffic.arranging import arranged
from replayer.traffic.fit import unfit, unlike_its_headers
from replayer.traffic.folding import Folded, folded
from replayer.traffic.order import Order
from replayer.traffic.routing import HEAD_EXCHANGES, known_of, quick_fingerprint
from replayer.traffic.selection import Selection, checked
from replayer.traffic.slicing import exchanges_between
from replayer.traffic.template import (
    answer_of,
    closes_of,
    connection_of,
    lasts_s_of,
    messages_of,
    protocol_of,
    recorded_of,
    request_of,
)
from replayer.traffic.twinning import Twinning


def plan_of(
    recording: Recording,
    *,
    name: str,
    seed: int,
    speed: float = 1.0,
    sessions: Collection[str] | None = None,
    bindings: bool = True,
) -> Plan:
    """The whole plan that does `recording` again, `speed` times as fast; of some `sessions` only, where they are given.

    As `stream_of`, with routes learned from all of the recording. Raises UsageError for a session that is not there.
    """
    account = Account()
    selection = Selection(speed=speed, sessions=tuple(sorted(sessions or ())))
    header, steps = stream_of(
        recording, selection, name=name, seed=seed, bindings=bindings, account=account, head_exchanges=None
    )
    plan = Plan(header, tuple(steps))
    if account.unmatched:
        raise UsageError(f"{account.unmatched[0]}: the recording {recording.path} has no such session")
    return plan


def stream_of(
    recording: Recording,
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    *,
    name: str,
    seed: int,
    bindings: bool = True,
    budget: Budget = Budget(),  # noqa: B008 (frozen)
    retry: Retry = Retry(),  # noqa: B008 (frozen)
    account: Account | None = None,
    twins: Twins | None = None,
    head_exchanges: int | None = HEAD_EXCHANGES,
) -> tuple[Header, Iterator[Step]]:
    """The header of the plan that does the selected part of `recording` again, and its steps, read as they are taken.

    Steps are s1, s2, ... in the order the requests started; the first is due at 0. Without `bindings` every value is
    sent as recorded. `account` is told what became of what was read, `twins` what was answered. Raises InvalidRun where
    there is nothing to replay, UsageError for a selection that cannot be.
    """
    account = account or Account()
    known = known_of(recording, head_exchanges)
    twinning = Twinning(twins) if twins else None

    def round_of() -> Iterator[Step]:
        learner = Learner(budget.horizon_steps) if bindings else None
        account.learner = account.learner or learner
        return _Steps(known.routes, learner, Order(budget.horizon_steps), account, twinning).of(
            _of_sessions(exchanges_between(recording, selection.between), selection.sessions, account)
        )

    steps = arranged(
        round_of,
        checked(selection),
        seed=seed,
        lasts_s=known.lasts_s,
        account=account,
        horizon_steps=budget.horizon_steps,
    )
    if twinning:
        steps = twinning.told(steps)
    first = next(steps, None)
    if first is None:
        raise _nothing(recording, selection, account)
    source = Source(
        recording=recording.path.name,
        fingerprint=quick_fingerprint(recording),
        recorded_s=recording.manifest.anchor.wall_s + (account.began_s or 0.0),
        sessions=selection.sessions,
    )
    provenance = Provenance(made_by="recording")
    header = Header(name=name, seed=seed, source=source, budget=budget, retry=retry, provenance=provenance)
    return header, chain((first,), steps)


def recorded_steps(recording: Recording) -> Iterator[tuple[str, Exchange]]:
    """The id of each step that `plan_of` makes of the whole `recording`, with the exchange that it is made of."""
    exchanges = folded(recording.exchanges(), Account())
    return ((f"s{number}", exchange) for number, (exchange, _) in enumerate(exchanges, start=1))


def _nothing(recording: Recording, selection: Selection, account: Account) -> InvalidRun | UsageError:
    if account.seen:
        why = "; ".join(account.sentences())
        return UsageError(f"recording={recording.path}: nothing of it is selected ({why})")
    if selection.between and next(recording.exchanges(), None) is not None:
        return UsageError(f"recording={recording.path}: nothing of it started between those times; give others")
    lost = f" ({'; '.join(recording.tears)})" if recording.tears else ""
    return InvalidRun(
        f"recording={recording.path}: holds no exchanges{lost}, so there is nothing to replay; record again"
    )


def _of_sessions(exchanges: Iterable[Exchange], sessions: Collection[str], account: Account) -> Iterator[Exchange]:
    missing = dict.fromkeys(sessions)
    for exchange in exchanges:
        account.seen += 1
        if not sessions or exchange.session in sessions:
            missing.pop(exchange.session, None)
            yield exchange
        else:
            account.left_out["they are of other sessions"] += 1
    account.unmatched += tuple(f"session={session}" for session in missing)


class _Steps:
    """Makes steps of exchanges that come in started order."""

    def __init__(
        self, routes: Routes, learner: Learner | None, order: Order, account: Account, twinning: Twinning | None
    ) -> None:
        self._routes = routes
        self._learner = learner
        self._order = order
        self._account = account
        self._twinning = twinning

    def of(self, exchanges: Iterable[Exchange]) -> Iterator[Step]:
        first_s: float | None = None
        for number, (exchange, attempts) in enumerate(folded(exchanges, self._account), start=1):
            first_s = self._account.began_s = exchange.started_s if first_s is None else first_s
            yield self._step(f"s{number}", Folded(exchange, attempts), first_s)

    def _step(self, step: str, made_of: Folded, first_s: float) -> Step:
        exchange = made_of.exchange
        protocol = protocol_of(exchange)
        request = request_of(exchange, protocol)
        if self._twinning:
            self._twinning.made(step, exchange)
        self._account.bodies_unlike += unlike_its_headers(exchange)
        return Step(
            id=step,
            due_s=max(0.0, round(exchange.started_s - first_s, 6)),
            session=exchange.session,
            route=self._routes.of(exchange.request.method, exchange.request.url),
            request=request,
            after=self._order.after(step, exchange.session, exchange.started_s, exchange.ended_s),
            bindings=self._bindings(step, exchange, request),
            connection=connection_of(exchange),
            closes=closes_of(exchange),
            protocol=protocol,
            messages=messages_of(exchange, self._account) if protocol == "websocket" else (),
            lasts_s=lasts_s_of(exchange) if protocol == "websocket" else 0.0,
            unsupported=unfit(exchange, protocol),
            recorded=recorded_of(exchange, made_of.attempts),
        )

    def _bindings(self, step: str, exchange: Exchange, request: Request) -> tuple[Binding, ...]:
        if self._learner is None:
            return ()
        answer = answer_of(exchange.response) if exchange.response else None
        return self._learner.meet(step, exchange.session, request, exchange.started_s, exchange.ended_s, answer)
