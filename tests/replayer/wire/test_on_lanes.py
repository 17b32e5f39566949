"""HTTP/2 and WebSockets under faults on the link that they are sent over: hit per connection, on one of their own."""

import asyncio
import os
import time

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from faults.fault import At, Fault
from faults.network import LinkSpec, Network
from foreshock.clock import Anchor
from replayer.engine import replay
from replayer.plan import Body, Header, Message


async def h2_shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    h2 = H2Connection(H2Configuration(client_side=False))
    h2.initiate_connection()
    writer.write(h2.data_to_send())
    while data := await reader.read(1 << 16):
        for event in h2.receive_data(data):
            if isinstance(event, StreamEnded):
                h2.send_headers(event.stream_id, [(":status", "204")], end_stream=True)
        writer.write(h2.data_to_send())


async def ws_echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server = WSConnection(ConnectionType.SERVER)
    while data := await reader.read(1 << 16):
        server.receive_data(data)
        for event in server.events():
            if isinstance(event, Request):
                writer.write(server.send(AcceptConnection()))
            elif isinstance(event, TextMessage):
                writer.write(server.send(TextMessage(data=event.data)))
            elif isinstance(event, CloseConnection):
                writer.write(server.send(event.response()))
                return


@pytest.mark.parametrize(("protocol", "serve", "status"), [("h2", h2_shop, 204), ("websocket", ws_echo, 101)])
def test_a_hit_step_has_a_connection_of_its_own_and_no_other_is_slowed(
    engine, listening, step, protocol, serve, status
):
    connections = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await serve(reader, writer)

    async def run():
        talk = (Message(at_s=0.0, body=Body(text="a")), Message(at_s=0.0, from_client=False))
        messages = talk if protocol == "websocket" else ()
        steps = [step(f"s{n}", protocol=protocol, messages=messages) for n in range(4)]
        fault = Fault(id="f", link="edge", kind="slow", args={"latency_ms": 300}, at=At(while_="s2"))
        name = f"test-{os.getpid()}-{time.monotonic_ns()}"
        async with listening(counted) as url:
            edge = LinkSpec(name="edge", upstream=url.removeprefix("http://"))
            async with Network.open(engine, [edge], seed=1, run=name) as network:
                anchor = Anchor.now()
                conductor = network.conductor([fault], {"edge": "edge"}, anchor.elapsed_s, 1.0, edge="edge")
                target = f"http://{network.address('edge')}"
                return await replay(Header(name="p"), steps, target, anchor=anchor, conductor=conductor)

    history = asyncio.run(run())
    assert [one.status for one in history.outcomes] == [status] * 4
    assert {one.attempts[0].protocol for one in history.outcomes} == {protocol}
    assert {one.step for one in history.outcomes if one.ended_s - one.sent_s > 0.25} == {"s2"}
    assert [receipt.steps for receipt in history.receipts] == [("s2",)]
    assert connections == (2 if protocol == "h2" else 4)
