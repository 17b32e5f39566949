import json

from recorder.exchange import Content, Exchange, Header, Message, Request
from recorder.formats.steps import line_of, steps_of


def exchange(session: str, started_s: float, ended_s: float, **request: object) -> Exchange:
    plain = {"method": "GET", "url": "/a?b", "http_version": "HTTP/1.1", "headers": (), "post_data": Content(size=0)}
    return Exchange(
        id="e",
        session=session,
        connection="c",
        started_s=started_s,
        request_ended_s=started_s,
        ended_s=ended_s,
        request=Request(**{**plain, **request}),
        error="x",
    )


def test_a_pause_is_from_the_end_of_the_sessions_last_to_the_start() -> None:
    steps = steps_of([
        exchange("a", 0.0, 1.0), exchange("b", 0.5, 5.0), exchange("a", 1.25, 2.0), exchange("b", 1.0, 1.5),
        exchange("b", 5.5, 6.0),
    ])  # fmt: skip
    assert [(step.session, step.think_s) for step in steps] == [("a", 0), ("b", 0), ("a", 0.25), ("b", 0), ("b", 0.5)]


def test_repeated_headers_are_joined_and_those_of_the_connection_left_out() -> None:
    headers = (
        Header("Host", "x"), Header("X", "1"), Header("x", "2"), Header("Cookie", "a=1"), Header("cookie", "b=2"),
        Header("Connection", "close"), Header("Transfer-Encoding", "chunked"), Header("Content-Length", "0"),
    )  # fmt: skip
    (step,) = steps_of([exchange("a", 0, 0, headers=headers)])
    assert step.headers == {"X": "1, 2", "Cookie": "a=1; b=2"}


def test_bodies_targets_and_names() -> None:
    binary, absolute = steps_of([
        exchange("a", 0, 0, post_data=Content.of(b"\xff")), exchange("a", 0, 0, url="http://prod/x/y?z"),
    ])  # fmt: skip
    assert (binary.body, binary.binary, binary.name) == ("/w==", True, "/a")
    assert (absolute.target, absolute.name) == ("/x/y?z", "/x/y")


def test_tunnels_and_web_sockets_are_no_steps() -> None:
    socket = exchange("a", 0, 0)
    message = Message(at_s=0, from_client=True, content=Content(size=0))
    socket = Exchange(**{name: getattr(socket, name) for name in socket.__struct_fields__} | {"messages": (message,)})
    assert list(steps_of([exchange("a", 0, 0, method="CONNECT", url="x:443"), socket])) == []


def test_a_line_is_one_line_in_javascript_too() -> None:
    (step,) = steps_of([exchange("a", 0, 0, post_data=Content.of("a\u2028b\nc".encode()))])
    line = line_of(step)
    assert b"\n" not in line
    assert "\u2028".encode() not in line
    assert json.loads(line)["body"] == "a\u2028b\nc"
