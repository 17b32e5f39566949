from msgspec.structs import replace

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.following import EndLine, MessageLine, joined

SOCKET = Exchange(
    id="e1",
    session="s",
    connection="c",
    started_s=1.0,
    request_ended_s=1.0,
    first_byte_s=1.1,
    ended_s=1.1,
    closes=True,
    request=Request(method="GET", url="/", http_version="HTTP/1.1", headers=(), post_data=Content.of(b"")),
    response=Response(status=101, status_text="", http_version="HTTP/1.1", headers=(), content=Content.of(b"")),
    goes_on=True,
)


def line(nth: int, text: bytes, *, from_client: bool = False) -> MessageLine:
    return MessageLine(of="e1", nth=nth, at_s=1.0 + nth, from_client=from_client, content=Content.of(text))


def test_a_socket_has_its_messages_by_their_number_and_its_end() -> None:
    end = EndLine(of="e1", nth=3, ended_s=9.0, closes=True, left_out=4)
    whole = joined(SOCKET, [line(2, b"b"), end, line(1, b"a", from_client=True)])
    assert whole == replace(
        SOCKET,
        ended_s=9.0,
        goes_on=False,
        messages=(
            Message(at_s=2.0, from_client=True, content=Content.of(b"a")),
            Message(at_s=3.0, from_client=False, content=Content.of(b"b")),
        ),
        messages_left_out=4,
    )


def test_one_whose_end_is_not_recorded_goes_on_after_its_last_message() -> None:
    whole = joined(SOCKET, [line(1, b"a")])
    assert (whole.goes_on, whole.ended_s, len(whole.messages)) == (True, 2.0, 1)
    assert joined(SOCKET, []) == SOCKET


def test_one_that_broke_has_its_error_and_no_response() -> None:
    whole = joined(SOCKET, [line(1, b"a"), EndLine(of="e1", nth=2, ended_s=9.0, error="upstream reset")])
    assert (whole.response, whole.error, len(whole.messages)) == (None, "upstream reset", 1)


def test_the_events_of_a_stream_are_the_body_of_its_answer() -> None:
    headers = (Header("Content-Type", "text/event-stream"),)
    answer = Response(status=200, status_text="", http_version="HTTP/1.1", headers=headers, content=Content.of(b""))
    whole = joined(replace(SOCKET, response=answer), [line(1, b"data: 1\n\n"), line(2, b"data: \xff\n\n")])
    assert whole.response is not None
    assert whole.response.content.raw == b"data: 1\n\ndata: \xff\n\n"
    assert whole.messages == ()


def test_times_are_brought_on_the_clock_of_the_whole_recording() -> None:
    whole = joined(SOCKET, [line(1, b"a"), EndLine(of="e1", nth=2, ended_s=9.0)], 100.0)
    assert (whole.messages[0].at_s, whole.ended_s) == (102.0, 109.0)
