from recorder.body import Cap
from recorder.flight import MESSAGES, Messages


def test_messages_are_kept_in_order_up_to_their_number_and_the_rest_is_counted() -> None:
    messages = Messages(Cap(1 << 20, b"k"))
    for number in range(MESSAGES + 3):
        messages.add(float(number), from_client=number % 2 == 0, binary=False, raw=b"x")
    assert [one.at_s for one in messages.kept] == [float(number) for number in range(MESSAGES)]
    assert messages.left_out == 3


def test_messages_are_kept_up_to_the_bytes_of_a_body_and_one_larger_message_is_a_digest() -> None:
    messages = Messages(Cap(10, b"k"))
    messages.add(0.0, from_client=True, binary=False, raw=b"12345678901")
    messages.add(0.0, from_client=True, binary=True, raw=b"\xff\xfe")
    messages.add(0.0, from_client=False, binary=False, raw=b"1234567890")
    large, binary = messages.kept
    assert (large.content.size, large.content.text) == (11, "")
    assert large.content.digest is not None
    assert (binary.binary, binary.content.raw) == (True, b"\xff\xfe")
    assert messages.left_out == 1
