import io
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy.io import FlowReader, FlowWriter, tnetstring
from mitmproxy.test import tflow

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.formats import flowstate, mitmflows
from recorder.formats.source import Torn
from recorder.formats.urls import Base

Read = Callable[..., Any]


def written(*flows: Any) -> bytes:
    file = io.BytesIO()
    writer = FlowWriter(file)
    for flow in flows:
        writer.add(flow)
    return file.getvalue()


def test_a_flow_is_an_exchange_with_its_clients_address(read: Read) -> None:
    flow = tflow.tflow(resp=True)
    (one,) = read(mitmflows, written(flow)).imported
    assert one.exchange.request.url == "/path"
    assert one.exchange.request.headers == (Header("header", "qvalue"), Header("content-length", "7"))
    assert one.exchange.response.content.raw == b"message"
    assert (one.exchange.id, one.exchange.connection, one.address) == (flow.id, flow.client_conn.id, "127.0.0.1")
    assert one.origin == "http://address:22"


def test_an_error_is_one_even_where_a_part_of_a_response_came(read: Read) -> None:
    (one,) = read(mitmflows, written(tflow.tflow(resp=True, err=True))).exchanges
    assert (one.response, one.error) == (None, "protocol: error")


def test_what_mitmproxy_quotes_of_the_traffic_in_an_error_is_left_out(read: Read) -> None:
    flow = tflow.tflow(err=True)
    flow.error.msg = "HTTP protocol error: invalid header b'X-Key: hunter2'"
    (one,) = read(mitmflows, written(flow)).exchanges
    assert one.error == "protocol: http protocol error: invalid header"


def test_web_socket_messages_are_kept(read: Read) -> None:
    (one,) = read(mitmflows, written(tflow.twebsocketflow())).exchanges
    assert [(m.from_client, m.binary, m.content.raw) for m in one.messages] == [
        (True, True, b"hello binary"),
        (True, False, b"hello text"),
        (False, False, b"it's me"),
    ]


def test_a_streamed_body_that_was_not_kept_is_said(read: Read) -> None:
    flow = tflow.tflow(resp=True)
    flow.response.raw_content = None
    assert read(mitmflows, written(flow)).notes == [f"1 x {flowstate.NO_BODY}"]


def test_flows_of_other_protocols_are_skipped(read: Read) -> None:
    found = read(mitmflows, written(tflow.ttcpflow(), tflow.tudpflow(), tflow.tdnsflow(), tflow.tflow()))
    assert [one.reason for one in found.skipped] == [f"a {name} flow, not HTTP" for name in ("TCP", "UDP", "DNS")]
    assert len(found.exchanges) == 1


def test_a_file_of_an_older_mitmproxy_is_migrated(read: Read) -> None:
    state = tflow.tflow(resp=True).get_state()
    state["version"] = 19  # whose successor added that a client connection knows its proxy mode
    state["client_conn"]["proxy_mode"] = "regular"
    file = io.BytesIO()
    tnetstring.dump(state, file)
    assert len(read(mitmflows, file.getvalue()).exchanges) == 1


@pytest.mark.parametrize(
    "state", [{"version": 10**6, "type": "http"}, {"type": "http"}, {"version": 21, "type": "http"}]
)
def test_a_flow_that_this_mitmproxy_does_not_read_is_skipped(read: Read, state: dict[str, object]) -> None:
    (skipped,) = read(mitmflows, tnetstring.dumps(state)).skipped
    assert skipped.where == "flow 1 (byte 0)"


@pytest.mark.parametrize("kept", [1, 5, 100, 1000])
def test_a_file_that_ends_inside_of_a_flow_is_a_tear(read: Read, kept: int) -> None:
    whole = written(tflow.tflow(resp=True))
    with pytest.raises(Torn, match=rf"flow 2 \(byte {len(whole)}\)"):
        read(mitmflows, whole + whole[:kept])


def test_a_flow_of_absurd_length_is_not_taken_into_memory(read: Read) -> None:
    with pytest.raises(Torn, match="a flow of more than 512 MiB"):
        read(mitmflows, b"999999999999:abc")


def test_what_is_written_is_what_mitmproxy_reads(wall_s: float) -> None:
    recorded = Exchange(
        id="e1",
        session="s1",
        connection="c1",
        started_s=1.0,
        request_ended_s=1.1,
        first_byte_s=1.2,
        ended_s=1.3,
        request=Request(
            method="POST",
            url="/a?b",
            http_version="HTTP/1.1",
            headers=(Header("Host", "shop.example:81"), Header("X", "\xe9")),
            post_data=Content.of(b"\xff"),
        ),
        response=Response(status=404, status_text="No", http_version="HTTP/1.1", headers=(), content=Content.of(b"no")),
        messages=(Message(at_s=2.0, from_client=False, content=Content.of(b"hi")),),
    )
    content = b"".join(mitmflows.write([recorded], Base("https://shop.example"), wall_s))
    (flow,) = FlowReader(io.BytesIO(content)).stream()
    assert flow.request.pretty_url == "https://shop.example:81/a?b"
    assert flow.request.headers.fields == ((b"Host", b"shop.example:81"), (b"X", b"\xe9"))
    assert (flow.response.status_code, flow.response.content, flow.websocket.messages[0].text) == (404, b"no", "hi")
    assert flow.request.timestamp_start == wall_s + 1.0
