"""Steering: the chosen connection or request goes to its lane, everything else doesn't notice."""

import asyncio
import random

import pytest

from faults.drawing import drawn
from faults.tap.rule import Rule

TRACES = [random.Random(n).randbytes(16).hex() for n in range(60)]


def traced(trace: str) -> str:
    return f"traceparent: 00-{trace}-b7ad6b7169203331-01\r\n"


def nth(lane: str, n: int, **more) -> Rule:
    return Rule(id="f", lane=lane, per="request", n=n, **more)


def a_fraction(lane: str, fraction: float, key: str = "7/f", **more) -> Rule:
    return Rule(id="f", lane=lane, per="request", fraction=fraction, key=key, **more)


# connections


def test_the_nth_connection_goes_to_the_lane_whatever_it_speaks(lab):
    async def check(place):
        main, at_main = await place.peers()
        lane, at_lane = await place.peers()
        tap = await place.tap(main, [Rule(id="f", lane=lane, per="connection", n=2)])
        for number, arrived in enumerate([at_main, at_lane, at_main], 1):
            client = await place.client(tap)
            client.say(b"\x00%d" % number)
            assert await (await arrived.get()).hear(2) == b"\x00%d" % number
        found = await lab.journal(tap)
        assert [one.fault for one in sorted(found.connections, key=lambda one: one.ordinal)] == [None, "f", None]
        (count,) = found.rules
        assert (count.offered, count.eligible, count.hits) == (3, 3, 1)

    lab.run(check)


def test_a_fraction_of_connections_is_drawn_by_their_number(lab):
    async def check(place):
        lane = await place.named("lane")
        tap = await place.tap(
            await place.named("main"), [Rule(id="f", lane=lane, per="connection", fraction=0.4, key="7/f")]
        )
        met = [(await (await place.client(tap)).ask())[:4] for _ in range(20)]
        assert met == [b"lane" if drawn("7/f", number) < 0.4 else b"main" for number in range(1, 21)]

    lab.run(check)


def test_a_lane_that_refuses_closes_the_connection_that_was_steered_to_it(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"), [Rule(id="f", lane="127.0.0.1:1", per="connection", n=1)])
        assert await (await place.client(tap)).rest() == b""
        assert await (await place.client(tap)).ask("/b") == b"main /b"
        assert (await lab.journal(tap)).refused == 1

    lab.run(check)


# requests


def test_the_nth_request_of_a_route_goes_to_the_lane_and_the_connection_goes_on_as_it_was(lab):
    async def check(place):
        heads: list[bytes] = []
        main, at_main = await place.peers()
        rule = nth(await place.named("lane", heads), 2, method="POST", path="/orders/{id}")
        tap = await place.tap(main, [rule])
        client = await place.client(tap)
        upstream = None
        for method, target, where in [
            ("POST", "/orders/1?x", "main"),
            ("GET", "/orders/2", "main"),
            ("POST", "/orders/3/lines", "main"),
            ("POST", "/orders/4?y", "lane"),
            ("POST", "/orders/5", "main"),
        ]:
            client.say(f"{method} {target} HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi".encode())
            if where == "main":
                upstream = upstream or await at_main.get()
                assert (await upstream.hear_head()).startswith(f"{method} {target} ".encode())
                assert await upstream.hear(2) == b"hi"
                upstream.say(lab.ok(b"main " + target.encode()))
            assert await client.answer() == f"{where} {target}".encode()
        assert [head.split(b" ")[1] for head in heads] == [b"/orders/4?y"]
        assert at_main.empty()  # one connection there, for all of it
        (count,) = (await lab.journal(tap)).rules
        assert (count.offered, count.eligible, count.hits, count.unsteerable) == (5, 3, 1, 0)
        assert [call.fault for call in await lab.calls(tap)] == [None, None, None, "f", None]

    lab.run(check)


@pytest.mark.parametrize("size", [3, 1 << 20], ids=["in pieces", "whole"])
def test_a_steered_request_comes_and_its_answer_goes_unaltered(lab, size):
    async def check(place):
        body = random.Random(1).randbytes(300_000 if size > 3 else 300)
        request = b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\nA: b\r\n\r\n" % (
            len(body),
            body,
        )
        answer = b"HTTP/1.1 100 Continue\r\n\r\n" + lab.ok(body[::-1])
        lane, arrived = await place.peers()
        tap = await place.tap(await place.named("main"), [nth(lane, 2)])
        client = await place.client(tap)
        assert await client.ask("/before") == b"main /before"
        for start in range(0, len(request), size):
            client.say(request[start : start + size])
            await asyncio.sleep(0)
        upstream = await arrived.get()
        assert await upstream.hear(len(request)) == request
        for start in range(0, len(answer), size):
            upstream.say(answer[start : start + size])
            await asyncio.sleep(0)
        assert await client.hear(len(answer)) == answer
        assert await client.ask("/after") == b"main /after"
        assert await upstream.rest() == b""  # the lane's connection was for this request

    lab.run(check)


def test_a_fraction_hits_the_same_traces_whatever_other_traffic_there_is(lab):
    async def hits(place, noise: bool, order: int) -> set[tuple[str, int]]:
        heads: list[bytes] = []
        tap = await place.tap(await place.named("main"), [a_fraction(await place.named("lane", heads), 0.3)])
        clients = [await place.client(tap) for _ in range(3)]
        rng = random.Random(order)
        asked = [*TRACES, *TRACES]
        rng.shuffle(asked)
        for trace in asked:
            if noise:
                await rng.choice(clients).ask("/noise")
            await rng.choice(clients).ask("/x", fields=traced(trace))
        found = [call for call in await lab.calls(tap) if call.trace]
        seen: dict[str, int] = {}
        hit = set()
        for call in found:
            seen[call.trace] = seen.get(call.trace, 0) + 1
            if call.fault:
                hit.add((call.trace, seen[call.trace]))
        return hit

    async def check(place):
        first = await hits(place, noise=False, order=1)
        assert first == await hits(place, noise=True, order=2)
        assert first == {(trace, k) for trace in TRACES for k in (1, 2) if drawn("7/f", trace, k) < 0.3}
        assert 15 < len(first) < 60

    lab.run(check)


def test_requests_without_a_trace_are_drawn_by_their_number(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"), [a_fraction(await place.named("lane"), 0.5)])
        client = await place.client(tap)
        met = [(await client.ask())[:4] for _ in range(20)]
        assert met == [b"lane" if drawn("7/f", number) < 0.5 else b"main" for number in range(1, 21)]

    lab.run(check)


def test_the_first_rule_that_wants_a_request_has_it(lab):
    async def check(place):
        first = Rule(id="a", lane=await place.named("a"), per="request", n=2)
        second = Rule(id="b", lane=await place.named("b"), per="request", fraction=1.0)
        tap = await place.tap(await place.named("main"), [first, second])
        client = await place.client(tap)
        assert [(await client.ask())[:1] for _ in range(3)] == [b"b", b"a", b"b"]
        counts = {count.id: count for count in (await lab.journal(tap)).rules}
        assert (counts["a"].eligible, counts["a"].hits) == (3, 1)
        assert (counts["b"].eligible, counts["b"].hits) == (3, 2)

    lab.run(check)


def test_rules_that_are_replaced_keep_their_counts_and_off_ones_count_nothing(lab):
    async def check(place):
        lane = await place.named("lane")
        tap = await place.tap(await place.named("main"))
        client = await place.client(tap)
        for on, expected in [(True, b"main"), (False, b"main"), (False, b"main"), (True, b"main"), (True, b"lane")]:
            tap.steer([nth(lane, 3, on=on)])
            assert (await client.ask())[:4] == expected
        (count,) = (await lab.journal(tap)).rules
        assert (count.offered, count.eligible, count.hits) == (5, 3, 1)
        tap.steer([])
        assert (await lab.journal(tap)).rules == ()

    lab.run(check)


# lanes that end


def test_a_lane_that_refuses_closes_the_client_as_an_upstream_that_is_gone(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"), [nth("127.0.0.1:1", 2)])
        client = await place.client(tap)
        await client.ask()
        client.say(b"GET /a HTTP/1.1\r\n\r\n")
        assert await client.rest() == b""
        found = await lab.journal(tap)
        assert found.refused == 1
        assert [(call.ended, call.fault) for call in await lab.calls(tap, ended=2)] == [
            ("answered", None),
            ("closed", "f"),
        ]
        assert await (await place.client(tap)).ask("/b") == b"main /b"

    lab.run(check)


@pytest.mark.parametrize(
    ("answer", "how", "name"),
    [
        (b"", "end", "closed"),
        (b"", "reset", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "end", "cut"),
    ],
)
def test_a_lane_that_ends_without_the_whole_answer_ends_the_client_the_same_way(lab, answer, how, name):
    async def check(place):
        lane, arrived = await place.peers()
        main, at_main = await place.peers()
        tap = await place.tap(main, [nth(lane, 1)])
        client = await place.client(tap)
        client.say(b"GET /a HTTP/1.1\r\n\r\n")
        upstream = await arrived.get()
        await upstream.hear_head()
        upstream.say(answer)
        assert await client.hear(len(answer)) == answer
        getattr(upstream, how)()
        if how == "reset":
            with pytest.raises(ConnectionResetError):
                await client.rest()
        else:
            assert await client.rest() == b""
        assert await (await at_main.get()).rest() == b""  # what went to the main lane is over, too
        client.writer.transport.abort()
        (call,) = await lab.calls(tap, ended=1)
        assert (call.ended, call.fault) == (name, "f")

    lab.run(check)


def test_a_lane_that_stalls_holds_up_nobody_else_and_the_client_may_give_up(lab):
    async def check(place):
        lane, arrived = await place.peers()
        tap = await place.tap(await place.named("main"), [nth(lane, 1)])
        client, other = await place.client(tap), await place.client(tap)
        client.say(b"GET /a HTTP/1.1\r\n\r\n")
        upstream = await arrived.get()
        await upstream.hear_head()
        assert await client.silent_for(0.1)
        assert await other.ask("/b") == b"main /b"
        client.reset()
        with pytest.raises(ConnectionResetError):
            await upstream.rest()
        (call,) = [call for call in await lab.calls(tap, ended=2) if call.fault]
        assert (call.ended, call.first_byte_s) == ("open", None)

    lab.run(check)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nbye",
        b"HTTP/1.1 200 OK\r\n\r\nbye",
    ],
)
def test_an_answer_that_ends_its_connection_ends_the_clients(lab, answer):
    async def check(place):
        lane, arrived = await place.peers()
        tap = await place.tap(await place.named("main"), [nth(lane, 1)])
        client = await place.client(tap)
        client.say(b"GET /a HTTP/1.1\r\n\r\n")
        upstream = await arrived.get()
        await upstream.hear_head()
        upstream.say(answer)
        upstream.end()
        assert await client.rest() == answer
        (call,) = await lab.calls(tap, ended=1)
        assert (call.ended, call.fault) == ("answered", "f")

    lab.run(check)


def test_a_main_connection_that_ends_while_a_request_is_away_ends_after_its_answer(lab):
    async def check(place):
        lane, arrived = await place.peers()
        main, at_main = await place.peers()
        tap = await place.tap(main, [nth(lane, 1)])
        client = await place.client(tap)
        client.say(b"GET /a HTTP/1.1\r\n\r\n")
        upstream = await arrived.get()
        await upstream.hear_head()
        (await at_main.get()).end()
        assert await client.silent_for(0.05)
        upstream.say(lab.ok(b"answer"))
        assert await client.answer() == b"answer"
        assert await client.rest() == b""

    lab.run(check)


def test_a_lane_may_answer_before_the_request_has_ended(lab):
    async def check(place):
        lane, arrived = await place.peers()
        tap = await place.tap(await place.named("main"), [nth(lane, 1)])
        client = await place.client(tap)
        client.say(b"POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")
        upstream = await arrived.get()
        await upstream.hear_head()
        upstream.say(lab.ok(b"enough"))
        assert await client.answer() == b"enough"
        client.say(b"def")
        assert await upstream.hear(6) == b"abcdef"
        assert await upstream.rest() == b""
        assert await client.ask("/b") == b"main /b"

    lab.run(check)


# what can't be steered, and what waits


def test_pipelined_requests_behind_an_unanswered_one_pass_by_and_are_counted(lab):
    async def check(place):
        main, at_main = await place.peers()
        tap = await place.tap(main, [nth("127.0.0.1:1", 2)])
        client = await place.client(tap)
        client.say(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        upstream = await at_main.get()
        assert (await upstream.hear_head())[:6] + (await upstream.hear_head())[:6] == b"GET /1GET /2"
        upstream.say(lab.ok(b"1") + lab.ok(b"2"))
        assert [await client.answer(), await client.answer()] == [b"1", b"2"]
        (count,) = (await lab.journal(tap)).rules
        assert (count.eligible, count.hits, count.unsteerable) == (2, 0, 1)

    lab.run(check)


def test_what_is_pipelined_behind_a_steered_request_waits_for_its_answer(lab):
    async def check(place):
        lane, arrived = await place.peers()
        tap = await place.tap(await place.named("main"), [nth(lane, 1)])
        client = await place.client(tap)
        client.say(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        client.say(b"GET /3 HTTP/1.1\r\n\r\n")
        client.end()
        upstream = await arrived.get()
        assert (await upstream.hear_head())[:6] == b"GET /1"
        assert await client.silent_for(0.05)
        upstream.say(lab.ok(b"lane /1"))
        answers = [await client.answer() for _ in range(3)]
        assert answers == [b"lane /1", b"main /2", b"main /3"]

    lab.run(check)


@pytest.mark.parametrize("head", [b"GET /a HTTP/1.1\r\nUpgrade: ws\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n"])
def test_upgrades_and_connects_pass_by_and_are_counted(lab, head):
    async def check(place):
        main, at_main = await place.peers()
        tap = await place.tap(main, [nth("127.0.0.1:1", 1)])
        client = await place.client(tap)
        client.say(head)
        assert await (await at_main.get()).hear(len(head)) == head
        (count,) = (await lab.journal(tap)).rules
        assert (count.eligible, count.hits, count.unsteerable) == (1, 0, 1)

    lab.run(check)


def test_rules_that_come_in_the_middle_of_a_request_are_for_the_next_one(lab):
    async def check(place):
        main, at_main = await place.peers()
        lane = await place.named("lane")
        tap = await place.tap(main)
        client = await place.client(tap)
        client.say(b"POST /1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
        upstream = await at_main.get()
        await upstream.hear_head()
        assert await upstream.hear(2) == b"ab"
        tap.steer([nth(lane, 1)])
        client.say(b"cd")
        assert await upstream.hear(2) == b"cd"
        upstream.say(lab.ok(b"1"))
        assert await client.answer() == b"1"
        assert await client.ask("/2") == b"lane /2"
        (count,) = (await lab.journal(tap)).rules
        assert (count.offered, count.eligible, count.hits) == (1, 1, 1)

    lab.run(check)


@pytest.mark.parametrize("when", ["in a head", "away"])
def test_rules_that_go_let_pass_what_they_held(lab, when):
    async def check(place):
        main, at_main = await place.peers()
        lane, at_lane = await place.peers()
        tap = await place.tap(main, [nth(lane, 1)])
        client = await place.client(tap)
        upstream = await at_main.get()
        if when == "in a head":
            client.say(b"GET /1 HT")
            await lab.journal(tap, lambda journal: journal.connections[0].bytes_up == 9)
            tap.steer([])
            assert await upstream.hear(9) == b"GET /1 HT"
            client.say(b"TP/1.1\r\n\r\n")
        else:
            client.say(b"GET /0 HTTP/1.1\r\n\r\nGET /1 HTTP/1.1\r\n\r\n")
            away = await at_lane.get()
            await away.hear_head()
            tap.steer([])
            away.say(lab.ok(b"lane /0"))
            assert await client.answer() == b"lane /0"
        assert (await upstream.hear_head()).endswith(b"\r\n\r\n")
        upstream.say(lab.ok(b"main /1"))
        assert await client.answer() == b"main /1"
        assert [call.path for call in await lab.calls(tap, ended=1)][-1] == "/1"

    lab.run(check)


def test_many_connections_are_steered_at_once_without_a_word_lost(lab):
    async def one(place, tap, number: int) -> None:
        client = await place.client(tap)
        rng = random.Random(number)
        for turn in range(15):
            body = rng.randbytes(rng.choice((0, 10, 70_000)))
            answer = await client.ask(f"/{number}/{turn}", method="POST", body=body)
            assert answer.split(b" ")[1] == b"/%d/%d" % (number, turn)

    async def check(place):
        tap = await place.tap(await place.named("main"), [a_fraction(await place.named("lane"), 0.5)])
        await asyncio.gather(*(one(place, tap, number) for number in range(20)))
        found = await lab.journal(tap)
        (count,) = found.rules
        assert count.offered == count.eligible == 300
        assert count.hits == sum(call.fault == "f" for call in found.calls)
        assert 100 < count.hits < 200

    lab.run(check)
