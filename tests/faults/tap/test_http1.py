"""HTTP/1.1 as a tap sees it: every framing ends where RFC 9112 says, and every end of a call has its name."""

import asyncio
from collections.abc import Sequence

import pytest

from faults.tap import http1
from faults.tap.rule import Rule

ANY = Rule(id="f", lane="127.0.0.1:1", per="request", n=10_000_000)  # looks at every request, takes none
NEXT = b"GET /next HTTP/1.1\r\n\r\n"
NEXT_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"

FRAMINGS: dict[str, tuple[bytes, bytes, int]] = {
    "length": (b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200),
    "no body": (b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
    "HEAD": (b"HEAD /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", 200),
    "204": (b"DELETE /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    "304": (b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n", 304),
    "chunked": (
        b"GET /a HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n",
        200,
    ),
    "trailers": (
        b"GET /a HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\na\r\n0\r\nDigest: x\r\nMore: y\r\n\r\n",
        200,
    ),
    "chunked request": (
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n!",
        201,
    ),
    "request with a length": (
        b"PUT /a HTTP/1.1\r\nContent-Length: 11\r\n\r\nGET / HTTP/",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
        200,
    ),
    "interim answers": (
        b"PUT /a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
        b"Content-Length: 1\r\n\r\n!",
        200,
    ),
    "an upgrade that is declined": (
        b"GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
        200,
    ),
    "CONNECT that is declined": (
        b"CONNECT b:1 HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n",
        405,
    ),
    "line ends between": (b"\r\n\r\nGET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
}


def rules_of(gate: str) -> list[Rule]:
    return [ANY] if gate == "shut" else []


async def said(peer, data: bytes, size: int) -> None:
    """In pieces of `size` that the other side reads one by one."""
    for start in range(0, len(data), size):
        peer.say(data[start : start + size])
        await asyncio.sleep(0.0005 if size < 8 else 0)


@pytest.mark.parametrize("gate", ["open", "shut"])
@pytest.mark.parametrize("size", [1 << 20, 3], ids=["whole", "in pieces"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_call_ends_where_its_framing_says_and_the_next_one_begins(lab, framing, size, gate):
    request, answer, status = FRAMINGS[framing]

    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        await said(client, request, size)
        upstream = await arrived.get()
        assert await upstream.hear(len(request)) == request
        await said(upstream, answer, size)
        assert await client.hear(len(answer)) == answer
        client.say(NEXT)
        assert await upstream.hear(len(NEXT)) == NEXT
        upstream.say(NEXT_ANSWER)
        assert await client.hear(len(NEXT_ANSWER)) == NEXT_ANSWER
        first, second = await lab.calls(tap, ended=2)
        assert (first.status, first.ended, first.path) == (status, "answered", "b:1" if "CONNECT" in framing else "/a")
        assert (first.bytes_up, first.bytes_down) == (len(request.lstrip()), len(answer))
        assert (second.path, second.status, second.bytes_down) == ("/next", 200, len(NEXT_ANSWER))
        assert first.started_s <= first.asked_s <= first.first_byte_s <= first.ended_s <= second.started_s
        assert (await lab.connections(tap))[0].protocol == "http/1.1"

    lab.run(check)


@pytest.mark.parametrize("gate", ["open", "shut"])
def test_an_answer_that_ends_with_the_connection_is_whole_then(lab, gate):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        client.say(NEXT)
        upstream = await arrived.get()
        await upstream.hear(len(NEXT))
        upstream.say(b"HTTP/1.0 200 OK\r\n\r\nuntil here")
        upstream.end()
        assert (await client.rest()).endswith(b"until here")
        (call,) = await lab.calls(tap, ended=1)
        assert (call.ended, call.status) == ("answered", 200)

    lab.run(check)


@pytest.mark.parametrize("gate", ["open", "shut"])
@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"GET /a HTTP/1.1\r\nUpgrade: ws\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ws\r\n\r\n"),
        (b"CONNECT b:1 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 Connected\r\n\r\n"),
    ],
    ids=["Upgrade", "CONNECT"],
)
def test_what_follows_another_protocol_is_bytes(lab, request_, answer, gate):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        client.say(request_)
        upstream = await arrived.get()
        await upstream.hear(len(request_))
        upstream.say(answer)
        assert await client.hear(len(answer)) == answer
        client.say(NEXT)
        assert await upstream.hear(len(NEXT)) == NEXT
        (call,) = await lab.calls(tap, ended=1)
        assert (call.ended, call.status) == ("answered", int(answer[9:12]))
        assert (await lab.connections(tap))[0].protocol == "bytes"

    lab.run(check)


@pytest.mark.parametrize("gate", ["open", "shut"])
def test_pipelined_requests_are_answered_in_their_order(lab, gate):
    async def check(place):
        tap = await place.tap(await place.named("main"), rules_of(gate))
        client = await place.client(tap)
        client.say(b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(5)))
        assert [await client.answer() for _ in range(5)] == [b"main /%d" % number for number in range(5)]
        found = await lab.calls(tap, ended=5)
        assert [(call.path, call.ended) for call in found] == [(f"/{number}", "answered") for number in range(5)]

    lab.run(check)


@pytest.mark.parametrize("gate", ["open", "shut"])
def test_requests_that_nobody_answers_are_borne_in_mind_up_to_a_bound(lab, gate, monkeypatch):
    monkeypatch.setattr(http1, "MOST_WAITING", 3)

    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        upstream = await arrived.get()
        for _ in range(5):
            client.say(NEXT)
            assert await upstream.hear(len(NEXT)) == NEXT
        found = await lab.journal(tap, lambda journal: journal.connections[0].protocol == "bytes")
        assert found.called == 3

    lab.run(check)


@pytest.mark.parametrize("gate", ["open", "shut"])
def test_an_answer_may_come_before_the_request_has_ended(lab, gate):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        client.say(b"POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")
        upstream = await arrived.get()
        await upstream.hear_head()
        upstream.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await client.hear_head()
        client.say(b"def" + NEXT)
        assert await upstream.hear(6 + len(NEXT)) == b"abcdef" + NEXT
        upstream.say(NEXT_ANSWER)
        first, second = await lab.calls(tap, ended=2)
        assert (first.status, first.ended, first.bytes_up) == (413, "answered", 45)
        assert first.ended_s < first.asked_s
        assert (second.path, second.ended) == ("/next", "answered")

    lab.run(check)


ENDS: dict[str, tuple[Sequence[bytes], str, str]] = {
    "FIN instead of an answer": ([], "end", "closed"),
    "RST instead of an answer": ([], "reset", "reset"),
    "FIN in an answer": ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"], "end", "cut"),
    "FIN in an answer's head": ([b"HTTP/1.1 200 OK\r\nCont"], "end", "cut"),
    "FIN between chunks": ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"], "end", "cut"),
    "RST in an answer": ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"], "reset", "reset"),
    "FIN after an interim answer": ([b"HTTP/1.1 100 Continue\r\n\r\n"], "end", "closed"),
    "RST in an answer without a length": ([b"HTTP/1.1 200 OK\r\n\r\nhalf"], "reset", "reset"),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_of_a_call_has_its_name(lab, end):
    answers, how, name = ENDS[end]

    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        client.say(NEXT)
        upstream = await arrived.get()
        await upstream.hear(len(NEXT))
        for answer in answers:
            upstream.say(answer)
            assert await client.hear(len(answer)) == answer
        getattr(upstream, how)()
        (call,) = await lab.calls(tap, ended=1)
        assert call.ended == name

    lab.run(check)


@pytest.mark.parametrize("how", ["end", "reset"])
def test_a_call_that_its_client_gives_up_is_open_and_over(lab, how):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        client.say(NEXT)
        upstream = await arrived.get()
        await upstream.hear(len(NEXT))
        (call,) = await lab.calls(tap)
        assert (call.ended, call.ended_s, call.first_byte_s) == ("open", None, None)
        getattr(client, how)()
        if how == "end":
            assert await upstream.rest() == b""
            upstream.end()
        (call,) = await lab.calls(tap, ended=1)
        assert (call.ended, call.first_byte_s) == ("open", None)

    lab.run(check)


ODD = {
    "a line protocol": b"hello\n",
    "bare line ends": b"GET / HTTP/1.0\n\n",
    "a head of lines and bare lines": b"GET / HTTP/1.1\r\nA: b\n\r\n",
    "another version": b"GET / HTTP/3.0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
    "a coding that isn't chunked": b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a chunk without a size": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a head beyond 64 KiB": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 12000 + b"\r\n",
    "a word that is none of HTTP": b"HELLOWORLDHELLOWORLDHELLOWORLD",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("gate", ["open", "shut"])
@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_understood_passes_as_bytes_and_at_once(lab, odd, gate):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of(gate))
        client = await place.client(tap)
        upstream = await arrived.get()
        client.say(ODD[odd])
        assert await asyncio.wait_for(upstream.hear(len(ODD[odd])), 0.5) == ODD[odd]
        upstream.say(b"whatever")
        assert await client.hear(8) == b"whatever"
        await lab.journal(tap, lambda journal: journal.connections[0].protocol == "bytes")

    lab.run(check)


def test_a_server_that_speaks_first_is_bytes(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of("shut"))
        client = await place.client(tap)
        upstream = await arrived.get()
        upstream.say(b"220 mail\r\n")
        assert await client.hear(10) == b"220 mail\r\n"
        client.say(b"HELO")
        assert await upstream.hear(4) == b"HELO"
        assert (await lab.connections(tap))[0].protocol == "bytes"

    lab.run(check)


def test_a_head_that_does_not_end_goes_on_after_a_while(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of("shut"))
        client = await place.client(tap)
        upstream = await arrived.get()
        client.say(b"GET / HT")
        assert await upstream.silent_for(0.3)

    async def and_comes(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules_of("shut"))
        client = await place.client(tap)
        upstream = await arrived.get()
        client.say(b"GET / HT")
        assert await upstream.hear(8) == b"GET / HT"
        client.say(b"TP/1.1\r\n\r\n")
        assert await upstream.hear(10) == b"TP/1.1\r\n\r\n"
        (count,) = (await lab.journal(tap)).rules
        assert (count.eligible, count.unsteerable) == (1, 1)

    lab.run(check)
    lab.run(and_comes)


def test_equal_requests_have_equal_digests_and_others_do_not(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"))
        client = await place.client(tap)
        await client.ask("/a?q=1", method="POST", body=b"same")
        await client.ask("/a?q=1", method="POST", body=b"same", fields="X-Id: other\r\n")
        others = [("/a?q=2", "POST", b"same"), ("/a?q=1", "PUT", b"same"), ("/a?q=1", "POST", b"else")]
        for target, method, body in [*others, ("/a?q=1", "POST", b"")]:
            await client.ask(target, method=method, body=body)
        digests = [call.digest for call in await lab.calls(tap, ended=6)]
        assert digests[0] == digests[1] == await digest_of_chunks(place)
        assert len(set(digests)) == 5

    async def digest_of_chunks(place) -> str:
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        client.say(b"POST /a?q=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ns\r\n3\r\name\r\n0\r\n\r\n")
        (await arrived.get()).say(NEXT_ANSWER)
        await client.answer()
        (call,) = await lab.calls(tap, ended=1)
        return call.digest

    lab.run(check)


def test_a_body_over_a_mebibyte_has_no_digest(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"))
        client = await place.client(tap)
        await client.ask(method="POST", body=bytes(1 << 20))
        await client.ask(method="POST", body=bytes((1 << 20) + 1))
        first, second = await lab.calls(tap, ended=2)
        assert first.digest
        assert second.digest == ""

    lab.run(check)


def test_a_path_is_kept_without_its_query_and_a_trace_without_its_span(lab):
    async def check(place):
        tap = await place.tap(await place.named("main"))
        client = await place.client(tap)
        trace = "0af7651916cd43dd8448eb211c80319c"
        await client.ask("/orders/7?token=secret", fields=f"TraceParent: 00-{trace}-b7ad6b7169203331-01\r\n")
        await client.ask("http://elsewhere/abs/path?x", fields="traceparent: 00-nonsense\r\n")
        first, second = await lab.calls(tap, ended=2)
        assert (first.path, first.trace) == ("/orders/7", trace)
        assert (second.path, second.trace) == ("/abs/path", None)

    lab.run(check)
