"""Bounded memories keep what is newest."""

from recorder.forgetting import forget_oldest


def test_the_newest_are_kept_and_no_more_than_asked():
    memory: dict[int, None] = {}
    for number in range(10_000):
        memory[number] = None
        forget_oldest(memory, 800)
        assert len(memory) <= 800
    assert list(memory) == list(range(min(memory), 10_000))
    assert len(memory) >= 700


def test_a_memory_of_one_keeps_the_last():
    memory = {"a": 1, "b": 2}
    forget_oldest(memory, 1)
    assert memory == {"b": 2}
