"""Executions written down by hand: what was asked, what was answered, what was read at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from foreshock.clock import Anchor
from replayer.outcome import Answer, Attempt, History, Outcome, fate_of
from replayer.plan import Header, Plan, Request, Step
from scenarios.checks.oracles.seen import Seen
from scenarios.execution import Execution
from scenarios.resources.key import named
from scenarios.resources.kinds import Kind, Maker
from scenarios.resources.view import View
from scenarios.resources.world import World

WORLD = World(
    resources=(
        Kind(
            template="/orders/{id}",
            makers=(Maker("POST /orders", "json:$.id", 9),),
            reads="GET /orders/{id}",
            lists="GET /orders",
            deletes="DELETE /orders/{id}",
        ),
    )
)


class Written:
    """Grows by `did` and `read`; `seen` is what an oracle is given. One operation after the other, one second each."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._outcomes: list[Outcome] = []
        self._views: list[View] = []

    def did(
        self, method: str, route: str, target: str, status: int | None, said: Any = None, *, session: str = "a"
    ) -> Written:
        """An operation with its answer; `status` None: nothing came."""
        nth = len(self._steps)
        request = Request(method=method, target=target)
        error = "reset" if status is None else None
        self._steps.append(
            Step(id=f"s{nth}", due_s=float(nth), session=session, route=f"{method} {route}", request=request)
        )
        self._outcomes.append(
            Outcome(
                step=f"s{nth}",
                session=session,
                route=f"{method} {route}",
                due_s=float(nth),
                sent_s=float(nth),
                ended_s=nth + 0.5,
                attempts=(Attempt(sent_s=float(nth), ended_s=nth + 0.5, status=status, error=error),),
                answer=None if status is None else _answer(status, said),
                fate=fate_of(status, error),
                request=request,
            )
        )
        return self

    def read(
        self, route: str, target: str, status: int, said: Any = None, *, session: str = "a", settled: bool = True
    ) -> Written:
        """A closing read."""
        request = Request(method="GET", target=target)
        self._views.append(
            View(
                route=route,
                session=session,
                request=request,
                keys=named(route, target),
                answer=_answer(status, said),
                reads=2,
                settled=settled,
            )
        )
        return self

    def seen(self) -> Seen:
        execution = Execution(
            plan=Plan(Header(name="written"), tuple(self._steps)),
            history=History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=tuple(self._outcomes)),
            results=(),
            instance=1,
            started_s=0.0,
            ended_s=float(len(self._steps)),
            closing=tuple(self._views),
        )
        return Seen(execution, WORLD)


def _answer(status: int, said: Any) -> Answer:
    body = b"" if said is None else json.dumps(said).encode()
    return Answer(status=status, headers=(("Content-Type", "application/json"),), body=body, body_bytes=len(body))


@pytest.fixture
def written() -> Callable[[], Written]:
    return Written
