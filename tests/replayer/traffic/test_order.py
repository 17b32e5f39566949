import tracemalloc

from replayer.traffic.order import Order


def test_a_step_follows_the_latest_of_its_session_that_had_ended() -> None:
    order = Order(horizon_steps=100)
    assert order.after("s1", "a", 0.0, 1.0) == ()
    assert order.after("s2", "b", 2.0, 3.0) == ()
    assert order.after("s3", "a", 2.0, 3.0) == ("s1",)
    assert order.after("s4", "a", 4.0, 5.0) == ("s3",)


def test_steps_beyond_the_horizon_are_not_waited_for() -> None:
    order = Order(horizon_steps=3)
    order.after("s1", "a", 0.0, 0.1)
    for number in range(2, 6):
        order.after(f"s{number}", "b", float(number), number + 0.1)
    assert order.after("s6", "a", 9.0, 9.1) == ()


def test_memory_does_not_grow_with_the_number_of_sessions() -> None:
    order = Order(horizon_steps=1_000)
    for number in range(2_000):
        order.after(f"s{number}", f"a{number}", float(number), number + 0.1)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(2_000, 20_000):
        order.after(f"s{number}", f"a{number}", float(number), number + 0.1)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1_000_000
