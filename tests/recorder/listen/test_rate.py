from recorder.listen.rate import Rate


def test_a_second_s_worth_is_taken_at_once_and_then_as_much_as_the_time_brings() -> None:
    rate = Rate(2)
    assert [rate.allows(t_s) for t_s in (0.0, 0.0, 0.0, 0.5, 0.5, 10.0, 10.0, 10.0)] == [
        True, True, False, True, False, True, True, False,
    ]  # fmt: skip
