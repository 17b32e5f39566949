from recorder.body import Cap
from recorder.flight import MESSAGES, Talk
from recorder.following import EndLine


def test_lines_are_numbered_up_to_their_bound_and_the_rest_is_counted() -> None:
    talk = Talk("e000001", Cap(1 << 20, b"k"))
    lines = [talk.line(float(n), b"x", from_client=n % 2 == 0) for n in range(MESSAGES + 3)]
    assert [line.nth for line in lines[:3] if line] == [1, 2, 3]
    assert lines[MESSAGES - 1] is not None
    assert lines[MESSAGES:] == [None, None, None]
    end = EndLine(of="e000001", nth=MESSAGES + 1, ended_s=9.0, closes=True, left_out=3)
    assert talk.end(9.0, closes=True, error=None) == end


def test_one_large_message_is_a_digest_and_takes_no_room_of_the_others() -> None:
    talk = Talk("e000001", Cap(10, b"k"), most_bytes=12)
    large = talk.line(0.0, b"12345678901", from_client=True)
    binary = talk.line(0.0, b"\xff\xfe", binary=True)
    assert large is not None
    assert binary is not None
    assert (large.content.size, large.content.text, large.from_client) == (11, "", True)
    assert large.content.digest is not None
    assert (binary.binary, binary.content.raw) == (True, b"\xff\xfe")
    assert talk.line(0.0, b"123456789") is None
    assert talk.line(0.0, b"12345678") is not None
    assert talk.left_out == 1


def test_what_was_too_long_to_be_held_is_left_out() -> None:
    talk = Talk("e000001", Cap(10, b"k"))
    assert talk.line(0.0, None) is None
    assert talk.left_out == 1
