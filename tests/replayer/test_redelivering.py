import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from replayer.edits import abandon, burst, redeliver, repeat
from replayer.plan import Header, Plan, Step

Make = Callable[..., Step]


@pytest.fixture
def plan(step: Make) -> Plan:
    """A session that is given a code and spends it, and looks."""
    return Plan(
        Header(name="p"),
        (
            step("s1", target="/codes"),
            step("s2", target="/spend/x", after=("s1",), bound=(("path:1", "s1", "json:$.code"),)),
            step("s3", method="GET", target="/spent", after=("s2",)),
        ),
    )


class Rotating:
    """Answers every request with a new code, and a cookie that is new each time."""

    def __init__(self, response: Callable[..., bytes]) -> None:
        self._response = response
        self._count = 0

    async def __call__(self, _: bytes, writer: asyncio.StreamWriter) -> None:
        self._count += 1
        writer.write(self._response(b'{"code": "c%d"}' % self._count))


def test_a_redelivered_request_is_the_same_to_the_byte_and_comes_on_another_connection(
    plan: Plan, against: Any, response: Any
) -> None:
    history, server = against(Rotating(response), redeliver(plan, "s2").steps)
    assert [outcome.step for outcome in history.outcomes] == ["s1", "s2", "s2~2", "s3"]
    _, first, again, _ = server.requests
    assert first == again
    assert b"/spend/c1" in first
    assert server.connections == 2


def test_what_fills_a_request_is_asked_once_for_all_its_deliveries(
    plan: Plan, against: Any, says: Any, response: Any
) -> None:
    class Stamping:
        count = 0

        def fill(self, step: Step, /) -> Any:
            self.count += 1
            return replace(step.request, target=f"{step.request.target}?stamp={self.count}")

        def keep(self, step: Step, answer: Any, error: Any, /) -> None:
            pass

    _, server = against(says(response()), redeliver(plan, "s2").steps, filler=Stamping())
    stamps = [request.split(b"stamp=")[1][:1] for request in server.requests]
    assert stamps == [b"1", b"2", b"2", b"3"]


def test_sent_together_they_are_the_same_too(plan: Plan, against: Any, response: Any) -> None:
    history, server = against(Rotating(response), burst(redeliver(plan, "s2"), ["s2", "s2~2"]).steps)
    spent = [request for request in server.requests if b"/spend/" in request]
    assert len(spent) == 2
    assert spent[0] == spent[1]
    assert {outcome.fate for outcome in history.outcomes} == {"ok"}


def test_a_client_that_gives_up_hangs_up_and_what_became_of_its_request_is_unknown(
    plan: Plan, against: Any, response: Any
) -> None:
    async def slow_to_spend(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/spend/" not in request or len(seen := [*asked, request]) > 1:
            writer.write(response(b'{"code": "c1"}'))
            return
        asked[:] = seen
        await asyncio.Event().wait()

    asked: list[bytes] = []
    history, _ = against(slow_to_spend, redeliver(abandon(plan, "s2", 0.01), "s2").steps)
    met = {outcome.step: outcome for outcome in history.outcomes}
    assert (met["s2"].fate, met["s2"].attempts[0].error) == ("unknown", "gave up")
    assert met["s2~2"].fate == met["s3"].fate == "ok"


def test_a_repetition_says_that_it_is_another_request_and_a_redelivery_that_it_is_the_same(step: Make) -> None:
    key = (("Idempotency-Key", "7f3a-0001"), ("Content-Type", "application/json"))
    plan = Plan(Header(name="p"), (step("s1", headers=key, body='{"email": "a@b.example", "clientToken": "k-1"}'),))
    twice, again = repeat(plan, "s1", together=False), redeliver(plan, "s1")
    request, own = plan.step("s1").request, twice.step("s1~2").request
    assert again.step("s1~2").request == request
    assert again.step("s1~2").redelivers == "s1"
    assert twice.header.edits[0].renewed == ("header:Idempotency-Key", "json:$.clientToken")  # type: ignore[union-attr]
    assert own.headers[0][1] != "7f3a-0001"
    assert own.body is not None
    assert '"email": "a@b.example"' in (own.body.text or "")
    assert repeat(plan, "s1", together=False) == twice  # and the next time the same ones
