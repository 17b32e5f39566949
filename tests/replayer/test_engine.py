import asyncio
from collections.abc import Callable, Iterator

import pytest

from foreshock.errors import UsageError
from replayer.engine import replay
from replayer.outcome import History, Outcome
from replayer.plan import Budget, Header, Step

Make = Callable[..., Step]
HEADER = Header(name="p")


def outcome(history: History, step: str) -> Outcome:
    found = history.outcome(step)
    assert found is not None
    return found


def test_a_slow_session_does_not_delay_what_others_send(against: Callable, step: Make, response: Callable) -> None:
    hares = 30
    all_hares_ended = asyncio.Event()

    async def slow_for_some(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in request:
            await all_hares_ended.wait()
        writer.write(response())

    def count(_: Outcome) -> None:
        nonlocal hares
        hares -= 1
        if not hares:
            all_hares_ended.set()

    steps = [step("s0", 0.0, "tortoise", target="/slow")]
    steps += [step(f"s{number}", number / 100, f"hare{number % 3}") for number in range(1, 31)]
    history, _ = against(slow_for_some, steps, on_outcome=count)
    *fast, slow = history.outcomes
    assert slow.session == "tortoise"
    assert max(one.ended_s for one in fast) < slow.ended_s
    assert all(one.hold_s == 0 for one in fast)


def test_a_step_waits_for_what_it_follows_and_that_is_hold_not_lateness(
    against: Callable, step: Make, response: Callable
) -> None:
    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(response())

    history, _ = against(slow, [step("s1"), step("s2", 0.01, after=("s1",))])
    first, second = outcome(history, "s1"), outcome(history, "s2")
    assert second.ready_s == first.ended_s
    assert second.hold_s == pytest.approx(first.ended_s - 0.01)
    assert second.held == "order"
    assert second.lateness_s == pytest.approx(second.sent_s - first.ended_s)
    assert second.latency_s > 0.08
    assert history.fidelity.held == {"order": 1}
    assert history.fidelity.hold.max_s == pytest.approx(second.hold_s)


def test_a_bound_value_is_what_the_answer_said_this_time(against: Callable, step: Make, response: Callable) -> None:
    async def mint(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b'{"id": 4711}', 'ETag: "v9"', "Set-Cookie: sid=fresh; Path=/", status="201 Created"))

    json = ("Content-Type", "application/json")
    bound = step(
        "s2",
        method="PUT",
        target="/orders/7?order=7",
        headers=(json, ("If-Match", '"v1"'), ("Cookie", "sid=old")),
        body='{"order_id": 7, "ref": "7"}',
        bound=(
            ("path:1", "s1", "json:$.id"),
            ("query:order", "s1", "json:$.id"),
            ("json:$.order_id", "s1", "json:$.id"),
            ("json:$.ref", "s1", "json:$.id"),
            ("header:If-Match", "s1", "header:ETag"),
            ("cookie:sid", "s1", "cookie:sid"),
        ),
    )
    _, server = against(mint, [step("s1"), bound])
    head, _, body = server.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /orders/4711?order=4711 HTTP/1.1\r\n")
    assert b'If-Match: "v9"' in head
    assert b"Cookie: sid=fresh" in head
    assert body == b'{"order_id": 4711, "ref": "4711"}'


def test_a_step_whose_binding_has_no_value_is_not_sent_and_says_why_and_others_go_on(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [
        step("s1"),
        step("s2", target="/orders/7", bound=(("path:1", "s1", "json:$.id"),)),
        step("s3", target="/orders/7/pay", bound=(("path:1", "s2", "json:$.id"),)),
        step("s4", after=("s3",)),
    ]
    history, server = against(says(response(b"{}")), steps)
    assert outcome(history, "s2").not_sent == ("unbound: path:1 needs json:$.id of s1, which answered 200 without it")
    assert outcome(history, "s3").not_sent == "unbound: path:1 needs json:$.id of s2, which ended with not being sent"
    assert outcome(history, "s2").fate is None
    assert outcome(history, "s4").status == 200
    assert len(server.requests) == 2


def test_steps_of_a_barrier_are_withheld_until_the_last_is_ready_and_then_arrive_together(
    against: Callable, step: Make, response: Callable
) -> None:
    s5_ended = asyncio.Event()

    async def slow_login(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/login" in request:
            await s5_ended.wait()
        writer.write(response())

    steps = [
        step("s1", target="/login"),
        step("s2", 0.05, "b", barrier="b1"),
        step("s3", 0.05, "c", method="GET", barrier="b1"),
        step("s4", 0.05, "a", barrier="b1", after=("s1",)),
        step("s5", 0.1, "d"),
    ]
    history, _ = against(slow_login, steps, on_outcome=lambda one: one.step == "s5" and s5_ended.set())
    together = [outcome(history, one) for one in ("s2", "s3", "s4")]
    released_s = outcome(history, "s1").ended_s
    assert all(one.ready_s == pytest.approx(released_s) for one in together)
    assert max(one.sent_s for one in together) < min(one.first_byte_s for one in together)
    assert outcome(history, "s5").ended_s < released_s


def test_a_step_that_cannot_be_sent_leaves_its_barrier(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [
        step("s1"),
        step("s2", 0.1, "b", barrier="b1", target="/orders/1", bound=(("path:1", "s1", "json:$.id"),)),
        step("s3", 0.1, "c", barrier="b1"),
    ]
    history, _ = against(says(response()), steps)
    assert outcome(history, "s2").not_sent
    assert outcome(history, "s3").status == 200


def test_a_barrier_whose_steps_wait_for_each_other_opens_when_a_steps_time_is_up(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [step("s1", 0.0, barrier="b1"), step("s2", 0.0, "b", barrier="b1", after=("s1",))]
    history, _ = against(says(response()), steps, Header(name="p", budget=Budget(step_timeout_s=0.2)))
    assert [one.status for one in history.outcomes] == [200, 200]


def test_a_stopped_run_sends_nothing_more_and_lets_what_is_on_its_way_end(
    serving: Callable, step: Make, response: Callable
) -> None:
    async def run() -> History:
        stop, stopped = asyncio.Event(), asyncio.Event()

        async def stopping(_: bytes, writer: asyncio.StreamWriter) -> None:
            stop.set()
            await stopped.wait()
            writer.write(response())

        def note(one: Outcome) -> None:
            if one.step == "s2":
                stopped.set()

        steps = [step("s1"), step("s2", 30.0), step("s3", 60.0)]
        async with serving(stopping) as server:
            return await replay(HEADER, steps, server.url, stop=stop, on_outcome=note)

    history = asyncio.run(run())
    assert outcome(history, "s1").status == 200
    assert outcome(history, "s2").not_sent.startswith("stopped: ")
    assert history.fidelity.not_sent == {"stopped": 1}
    assert history.outcome("s3") is None


def test_one_step_is_read_ahead_of_the_clock(against: Callable, step: Make, says: Callable, response: Callable) -> None:
    read: list[str] = []
    ended: list[str] = []

    def stream() -> Iterator[Step]:
        for one in [step("s1"), step("s2", 0.05), step("s3", 0.2), step("s4", 0.25)]:
            read.append(one.id)
            yield one

    def on_outcome(one: Outcome) -> None:
        ended.append(one.step)
        if one.step == "s2":
            assert read == ["s1", "s2", "s3"]

    history, _ = against(says(response()), stream(), on_outcome=on_outcome)
    assert ended == ["s1", "s2", "s3", "s4"] == [one.step for one in history.outcomes]


def test_an_answer_past_the_horizon_is_said_to_be(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    header = Header(name="p", budget=Budget(horizon_steps=1))
    steps = [step("s1"), step("s2", 0.02), step("s3", 0.04, target="/1", bound=(("path:0", "s1", "json:$.id"),))]
    history, _ = against(says(response(b'{"id": 1}')), iter(steps), header)
    assert "past the horizon" in outcome(history, "s3").not_sent


def test_a_request_that_would_break_out_of_its_place_is_not_sent(
    against: Callable, step: Make, says: Callable, response: Callable
) -> None:
    steps = [step("s1", headers=(("X-A", "1\r\nX-B: 2"),)), step("s2", target="/a b")]
    history, server = against(says(response()), steps)
    assert [one.not_sent.partition(":")[0] for one in history.outcomes] == ["unsendable", "unsendable"]
    assert server.requests == []


@pytest.mark.parametrize("target", ["ftp://host", "127.0.0.1:80", "http://", "http://host:x", "http://host/?a=1"])
def test_a_target_that_is_no_url_is_refused(step: Make, target: str) -> None:
    with pytest.raises(UsageError, match="target="):
        asyncio.run(replay(HEADER, [step("s1")], target))
