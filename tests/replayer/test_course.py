"""Attempts of a step after the first, and what holds a step besides what it follows."""

import asyncio
from collections.abc import Callable

import pytest

from replayer.engine import replay
from replayer.outcome import History, Outcome
from replayer.plan import Budget, Header, Retry, Step

Make = Callable[..., Step]


def retrying(backoff: str = "fixed", *, waits_s: float = 30.0, **more: object) -> Header:
    retry = Retry(backoff=backoff, **{"pause_s": 0.01, **more})  # type: ignore[arg-type]
    return Header(name="p", seed=3, retry=retry, budget=Budget(step_timeout_s=waits_s))


def answering(*answers: bytes) -> Callable:
    """Each request is given the next of `answers`, the last one again and again; b'' ends the connection."""
    left = list(answers)

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        answer = left.pop(0) if len(left) > 1 else left[0]
        writer.write(answer)
        if not answer:
            writer.close()

    return behave


def only(history: History) -> Outcome:
    (outcome,) = history.outcomes
    return outcome


def test_an_attempt_that_came_to_nothing_is_followed_by_another_after_its_pause(
    against: Callable, step: Make, response: Callable
) -> None:
    busy, fine = response(b"busy", status="503 Service Unavailable"), response(b"fine")
    history, server = against(answering(busy, b"", fine), [step("s1", method="GET")], retrying())
    met = only(history)
    assert [(one.status, one.error, one.why) for one in met.attempts] == [
        (503, None, "first"),
        (None, "reset", "retry"),
        (200, None, "retry"),
    ]
    assert (met.fate, met.answer.body) == ("ok", b"fine")
    assert (met.sent_s, met.ended_s) == (met.attempts[0].sent_s, met.attempts[-1].ended_s)
    pauses_s = [after.sent_s - before.ended_s for before, after in zip(met.attempts, met.attempts[1:], strict=False)]
    assert all(pause_s >= 0.01 for pause_s in pauses_s)
    assert len(server.requests) == 3


def test_when_the_attempts_are_used_up_the_last_one_is_the_outcome(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    busy = response(b"busy", status="503 Service Unavailable")
    history, _ = against(says(busy), [step("s1", method="GET")], retrying(attempts=3))
    assert (len(only(history).attempts), only(history).status, only(history).fate) == (3, 503, "unknown")


def test_silence_is_tried_again_too(against: Callable, step: Make, response: Callable) -> None:
    came = 0

    async def silent_once(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came > 1:
            writer.write(response())

    history, _ = against(silent_once, [step("s1", method="GET")], retrying(waits_s=0.2))
    errors = [one.error for one in only(history).attempts]
    assert errors[0] == "timeout" and came == len(errors) > 1


def test_what_the_server_asks_for_is_waited_for(against: Callable, step: Make, response: Callable) -> None:
    busy = response(b"", "Retry-After: 1", status="429 Too Many Requests")
    history, _ = against(answering(busy, response()), [step("s1", method="GET")], retrying())
    first, second = only(history).attempts
    assert 1.0 <= second.sent_s - first.ended_s < 1.5


def test_a_lost_answer_is_redelivered_with_the_very_same_request(
    against: Callable, step: Make, response: Callable
) -> None:
    header = retrying("none", redeliver=True)
    history, server = against(answering(b"", response()), [step("s1", body='{"sum": 5}')], header)
    assert [one.why for one in only(history).attempts] == ["first", "redelivery"]
    assert server.requests[0] == server.requests[1]
    assert b'{"sum": 5}' in server.requests[1]


def test_whoever_follows_waits_for_the_last_attempt_and_is_bound_to_its_answer(
    against: Callable, step: Make, response: Callable
) -> None:
    busy, made = response(b"busy", status="503 Service Unavailable"), response(b'{"id": 8}')
    follower = step("s2", 0.0, method="GET", target="/orders/7", bound=(("path:1", "s1", "json:$.id"),))
    history, server = against(answering(busy, made), [step("s1", method="GET"), follower], retrying())
    assert [one.step for one in history.outcomes] == ["s1", "s2"]
    assert history.outcomes[1].ready_s == history.outcomes[0].ended_s
    assert server.requests[2].startswith(b"GET /orders/8 ")


def test_a_stopped_run_makes_no_further_attempt(
    serving: Callable, step: Make, says: Callable, response: Callable
) -> None:
    async def run() -> History:
        stop = asyncio.Event()

        async def busy(_: bytes, writer: asyncio.StreamWriter) -> None:
            stop.set()
            writer.write(response(b"", status="503 Service Unavailable"))

        async with serving(busy) as server:
            return await replay(retrying(pause_s=60.0), [step("s1", method="GET")], server.url, stop=stop)

    assert len(only(asyncio.run(run())).attempts) == 1


def test_only_the_first_attempt_waits_at_the_barrier(against: Callable, step: Make, response: Callable) -> None:
    busy = response(b"", status="503 Service Unavailable")
    steps = [step(f"s{number}", 0.0, f"u{number}", method="GET", barrier="b") for number in range(3)]
    history, server = against(answering(busy, response()), steps, retrying())
    assert sorted(len(one.attempts) for one in history.outcomes) == [1, 1, 2]
    assert len(server.requests) == 4


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_requests_are_in_flight_than_allowed_and_whoever_waits_for_that_is_held(
    against: Callable, step: Make, response: Callable, most: int
) -> None:
    now = highest = 0

    async def counting(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal now, highest
        now += 1
        highest = max(highest, now)
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(response())

    steps = [step(f"s{number}", 0.0, f"u{number}") for number in range(6)]
    history, _ = against(counting, steps, Header(name="p", budget=Budget(max_in_flight=most)))
    assert highest == most
    assert history.fidelity.held == {"in flight": 6 - most}
    assert history.fidelity.hold.max_s > 0.03


def test_steps_of_a_barrier_wait_for_no_turn(against: Callable, step: Make, says: Callable, response: Callable) -> None:
    steps = [step(f"s{number}", 0.0, f"u{number}", barrier="b") for number in range(3)]
    history, _ = against(says(response()), steps, Header(name="p", budget=Budget(max_in_flight=1)))
    assert {one.held for one in history.outcomes} <= {None, "barrier"}


def test_more_steps_than_there_is_room_for_are_held_and_not_read(
    against: Callable, step: Make, response: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replayer.engine.MOST_UNDER_WAY", 2)
    answered = 0
    read: list[int] = []

    async def noting(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        assert len(read) <= answered + 3
        answered += 1
        writer.write(response())

    def stream():
        for number in range(6):
            read.append(number)
            yield step(f"s{number}", 0.0, f"u{number}")

    history, _ = against(noting, stream())
    assert [one.status for one in history.outcomes] == [200] * 6
    assert history.fidelity.held == {"backlog": 4}


def test_whoever_pauses_before_another_attempt_leaves_its_turn_to_others(
    against: Callable, step: Make, response: Callable
) -> None:
    busy = response(b"", status="503 Service Unavailable")
    header = Header(name="p", retry=Retry(backoff="fixed", pause_s=0.1), budget=Budget(max_in_flight=1))
    steps = [step("s1", 0.0, "a", method="GET"), step("s2", 0.0, "b", method="GET")]
    history, _ = against(answering(busy, response()), steps, header)
    assert [(one.step, len(one.attempts)) for one in history.outcomes] == [("s2", 1), ("s1", 2)]
