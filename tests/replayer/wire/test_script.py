from replayer.plan import Body, Message
from replayer.wire.script import Script


def said(at_s: float, text: str) -> Message:
    return Message(at_s=at_s, body=Body(text=text))


def heard(at_s: float) -> Message:
    return Message(at_s=at_s, from_client=False)


def texts(messages) -> list[str]:
    return [message.body.text for message in messages]


def test_a_message_is_due_at_its_time_and_after_what_its_client_had_heard():
    script = Script((said(0.0, "a"), heard(0.1), said(0.2, "b"), said(0.2, "c"), said(0.9, "d")), 1.0)
    assert texts(script.due(0.0, 0)) == ["a"]
    assert script.wakes_s(0) is None
    assert texts(script.due(0.5, 0)) == []
    assert script.wakes_s(1) == 0.2
    assert texts(script.due(0.5, 1)) == ["b", "c"]
    assert (script.wakes_s(1), script.unsent) == (0.9, 1)
    assert texts(script.due(2.0, 5)) == ["d"]


def test_it_is_over_when_all_was_said_all_was_heard_and_its_client_had_closed():
    script = Script((said(0.0, "a"), heard(0.3)), 1.0)
    assert texts(script.due(0.0, 0)) == ["a"]
    assert not script.is_over(1.5, 0)
    assert script.wakes_s(0) is None
    assert not script.is_over(0.5, 1)
    assert script.wakes_s(1) == 1.0
    assert script.is_over(1.0, 1)


def test_a_socket_lasts_at_least_to_its_last_message():
    assert not Script((heard(3.0),), 1.0).is_over(2.0, 1)
    assert Script((), 0.0).is_over(0.0, 0)
