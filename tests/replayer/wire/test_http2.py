import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.settings import SettingCodes, Settings

from replayer.target import Tls

Handle = Callable[["H2Server", Event], None]


class H2Server:
    """HTTP/2 on one connection: `handle` is told every event, and answers by `h2`."""

    def __init__(self, handle: Handle, settings: dict[SettingCodes, int] | None = None) -> None:
        self.handle = handle
        self.settings = settings or {}
        self.connections = 0
        self.requests: list[dict[bytes, bytes]] = []
        self.bodies: dict[int, bytes] = {}
        self.trailers: list[Any] = []
        self.resets: list[int] = []
        self.h2 = H2Connection()
        self.writer: asyncio.StreamWriter

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        self.h2 = h2 = H2Connection(H2Configuration(client_side=False))
        h2.local_settings = Settings(client=False, initial_values=self.settings)
        h2.initiate_connection()
        writer.write(h2.data_to_send())
        while data := await reader.read(1 << 16):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.requests.append(dict(event.headers))
                elif isinstance(event, DataReceived):
                    self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
                    h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, TrailersReceived):
                    self.trailers.append(event.headers)
                elif isinstance(event, StreamReset):
                    self.resets.append(event.error_code)
                self.handle(self, event)
            self.flush()
            await writer.drain()

    def answer(self, stream: int, body: bytes = b"ok", *headers: tuple[str, str], end: bool = True) -> None:
        self.h2.send_headers(stream, [(":status", "200"), *headers])
        self.h2.send_data(stream, body, end_stream=end)

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())


def answers(server: H2Server, event: Event) -> None:
    if isinstance(event, StreamEnded):
        server.answer(event.stream_id)


def goaway(last_stream: int, code: int = 0) -> bytes:
    return b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + last_stream.to_bytes(4) + code.to_bytes(4)


@pytest.fixture
def over_h2(listening, wire):
    """(handle, steps, settings) -> (attempts with their answers, server), all steps sent at once in the clear."""

    def over_h2(handle: Handle, steps, settings=None, **more):
        async def run():
            server = H2Server(handle, settings)
            async with listening(server.talk) as url, wire(url, **more) as client:
                return await client.all(steps), server

        return asyncio.run(run())

    return over_h2


def test_a_request_goes_with_its_pseudo_headers_and_without_those_of_a_connection(over_h2, step):
    headers = (("Host", "shop.example"), ("Connection", "close"), ("X-A", "1"), ("TE", "trailers"))
    one = step(protocol="h2", method="POST", target="/orders?x=1", body=b"{}", headers=headers)
    ((attempt, answer),), server = over_h2(answers, [one])
    assert (attempt.status, attempt.error, attempt.protocol, answer.body) == (200, None, "h2", b"ok")
    (request,) = server.requests
    authority = request.pop(b":authority")
    assert authority.startswith(b"127.0.0.1:")
    assert request == {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": b"/orders?x=1",
        b"x-a": b"1",
        b"te": b"trailers",
        b"content-length": b"2",
    }
    assert server.bodies == {1: b"{}"}


def test_requests_of_one_recorded_connection_are_on_one_at_once_and_answers_come_in_any_order(over_h2, step):
    def backwards(server: H2Server, event: Event) -> None:
        if isinstance(event, StreamEnded) and len(server.requests) == 20:
            for stream in range(39, 0, -2):
                server.answer(stream, b"%d" % stream)

    sent, server = over_h2(backwards, [step(f"s{n}", protocol="h2") for n in range(20)])
    assert [answer.body for _, answer in sent] == [b"%d" % stream for stream in range(1, 40, 2)]
    assert server.connections == 1


def test_two_recorded_connections_are_two_and_one_that_its_client_closed_is_not_used_again(listening, wire, step):
    async def run():
        server = H2Server(answers)
        async with listening(server.talk) as url, wire(url) as client:
            await client.send(step("s1", protocol="h2", connection="c1"))
            await client.send(step("s2", protocol="h2", connection="c2"))
            assert server.connections == 2
            await client.send(step("s3", protocol="h2", connection="c1", closes=True))
            assert server.connections == 2
            await client.send(step("s4", protocol="h2", connection="c1"))
            assert server.connections == 3

    asyncio.run(run())


def test_more_requests_than_the_server_allows_at_once_wait_for_their_turn(listening, wire, step):
    most = 0

    async def run():
        def later(server: H2Server, event: Event) -> None:
            def end(stream: int) -> None:
                server.answer(stream)
                server.flush()

            nonlocal most
            most = max(most, server.h2.open_inbound_streams)
            if isinstance(event, StreamEnded):
                asyncio.get_running_loop().call_later(0.01, end, event.stream_id)

        server = H2Server(later, {SettingCodes.MAX_CONCURRENT_STREAMS: 2})
        async with listening(server.talk) as url, wire(url) as client:
            return await client.all([step(f"s{n}", protocol="h2") for n in range(7)])

    assert [attempt.error for attempt, _ in asyncio.run(run())] == [None] * 7
    assert most == 2


def test_a_body_beyond_all_windows_arrives_whole_and_so_does_its_answer(over_h2, step):
    def echo(server: H2Server, event: Event) -> None:
        if isinstance(event, StreamEnded):
            server.h2.send_headers(1, [(":status", "200")])
        if isinstance(event, StreamEnded | WindowUpdated) and server.requests and server.h2.streams:
            while (left := server.bodies.get(1)) and (room := server.h2.local_flow_control_window(1)):
                room = min(room, 16_384)
                server.bodies[1] = left[room:]
                server.h2.send_data(1, left[:room], end_stream=not server.bodies[1])

    body = bytes(range(256)) * 12_000
    ((attempt, answer),), _ = over_h2(echo, [step(protocol="h2", method="PUT", body=body)], body_bytes=1 << 22)
    assert attempt.error is None
    assert answer.body == body


def test_trailers_go_and_come_and_an_interim_response_is_not_the_reply(over_h2, step):
    def trailing(server: H2Server, event: Event) -> None:
        if isinstance(event, StreamEnded):
            server.h2.send_headers(1, [(":status", "103"), ("link", "</a>")])
            server.h2.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")])
            server.h2.send_data(1, b"ok")
            server.h2.send_headers(1, [("grpc-status", "0")], end_stream=True)

    one = step(protocol="h2", method="POST", body=b"x", chunked=True, trailers=(("X-Sum", "1"),))
    ((attempt, answer),), server = over_h2(trailing, [one])
    assert (attempt.error, answer.body, answer.trailers) == (None, b"ok", (("grpc-status", "0"),))
    assert answer.headers == (("content-type", "application/grpc"),)
    assert server.trailers == [[(b"x-sum", b"1")]]
    assert b"content-length" not in server.requests[0]


def test_a_body_that_waits_for_100_is_sent_when_the_server_says_so(over_h2, step):
    def careful(server: H2Server, event: Event) -> None:
        if isinstance(event, RequestReceived):
            assert not server.bodies
            server.h2.send_headers(1, [(":status", "100")])
        answers(server, event)

    one = step(protocol="h2", method="POST", body=b"x", expects=True)
    ((attempt, _),), server = over_h2(careful, [one])
    assert (attempt.error, server.requests[0][b"expect"], server.bodies) == (None, b"100-continue", {1: b"x"})


def test_an_answer_before_the_body_is_sent_is_the_answer_and_the_rest_is_not_sent(over_h2, step):
    def early(server: H2Server, event: Event) -> None:
        if isinstance(event, RequestReceived):
            server.answer(1, b"no")

    one = step(protocol="h2", method="POST", body=b"x" * 10_000_000)
    ((attempt, answer),), server = over_h2(early, [one])
    assert (attempt.error, answer.body) == (None, b"no")
    assert len(server.bodies.get(1, b"")) < 1_000_000


@pytest.mark.parametrize(
    ("code", "begun", "error"),
    [
        (ErrorCodes.REFUSED_STREAM, False, "refused: REFUSED_STREAM"),
        (ErrorCodes.CANCEL, False, "reset: CANCEL"),
        (ErrorCodes.INTERNAL_ERROR, True, "cut: INTERNAL_ERROR"),
        (77, False, "reset: error 77"),
    ],
)
def test_a_stream_that_is_reset_says_why_and_harms_no_other(over_h2, step, code, begun, error):
    def resets(server: H2Server, event: Event) -> None:
        if isinstance(event, StreamEnded):
            if event.stream_id == 3:
                server.answer(3)
                return
            if begun:
                server.h2.send_headers(1, [(":status", "200")])
            server.h2.reset_stream(1, code)

    ((first, _), (second, _)), _ = over_h2(resets, [step("s1", protocol="h2"), step("s2", protocol="h2")])
    assert (first.error, second.error) == (error, None)


def test_after_goaway_begun_streams_are_answered_the_rest_is_refused_and_the_next_goes_elsewhere(listening, wire, step):
    async def run():
        def leaves(server: H2Server, event: Event) -> None:
            if isinstance(event, StreamEnded) and server.connections == 2:
                server.answer(event.stream_id)
            elif isinstance(event, StreamEnded) and event.stream_id == 3:
                server.flush()
                server.writer.write(goaway(1))
                server.answer(1, b"late")

        server = H2Server(leaves)
        async with listening(server.talk) as url, wire(url) as client:
            (kept, said), (refused, _) = await client.all([step("s1", protocol="h2"), step("s2", protocol="h2")])
            assert (kept.error, said.body) == (None, b"late")
            assert refused.error == "refused: GOAWAY NO_ERROR"
            assert (await client.send(step("s3", protocol="h2")))[0].error is None
            assert server.connections == 2

    asyncio.run(run())


def test_a_server_that_goes_away_in_anger_is_named(over_h2, step):
    def angry(server: H2Server, event: Event) -> None:
        if isinstance(event, StreamEnded):
            server.writer.write(goaway(1, 11))
            server.writer.close()

    ((attempt, _),), _ = over_h2(angry, [step(protocol="h2")])
    assert attempt.error == "reset: GOAWAY ENHANCE_YOUR_CALM"


def test_silence_ends_with_the_steps_time_on_its_stream_alone(listening, wire, step):
    async def run():
        def deaf_to_the_first(server: H2Server, event: Event) -> None:
            if isinstance(event, StreamEnded) and event.stream_id != 1:
                server.answer(event.stream_id)

        server = H2Server(deaf_to_the_first)
        async with listening(server.talk) as url, wire(url, timeout_s=0.3) as client:
            assert (await client.send(step("s1", protocol="h2")))[0].error == "timeout"
            assert (await client.send(step("s2", protocol="h2")))[0].error is None
            assert (server.connections, server.resets) == (1, [ErrorCodes.CANCEL])

    asyncio.run(run())


def test_who_waited_in_vain_for_a_free_stream_was_refused_for_nothing_was_sent(over_h2, step):
    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    steps = [step("s1", protocol="h2"), step("s2", protocol="h2")]
    sent, server = over_h2(lambda *_: None, steps, settings, timeout_s=0.3)
    assert [attempt.error for attempt, _ in sent] == ["timeout", "refused: timeout, no stream was free"]
    assert len(server.requests) == 1


def test_a_target_that_speaks_no_http2_in_the_clear_gets_the_same_over_http1(listening, wire, step):
    async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readuntil(b"\r\n\r\n"):
            if request.startswith(b"PRI"):
                writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def run():
        async with listening(http1) as url, wire(url) as client:
            return await client.all([step(f"s{n}", protocol="h2") for n in range(3)])

    assert [(a.status, a.error, a.protocol) for a, _ in asyncio.run(run())] == [(200, None, "http/1.1")] * 3


@pytest.mark.parametrize(("alpn", "protocol"), [(("h2",), "h2"), (("http/1.1",), "http/1.1"), ((), "http/1.1")])
def test_over_tls_the_servers_choice_counts(listening, wire, step, pki, alpn, protocol):
    async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def run():
        server = H2Server(answers)
        talk = server.talk if protocol == "h2" else http1
        tls = Tls(ca_file=str(pki.ca_file))
        async with listening(talk, pki.server(*alpn)) as url, wire(url, tls=tls) as client:
            first = await client.send(step("s1", protocol="h2"))
            return [first, *await client.all([step(f"s{n}", protocol="h2") for n in range(2, 5)])]

    assert [(a.status, a.error, a.protocol) for a, _ in asyncio.run(run())] == [(200, None, protocol)] * 4
