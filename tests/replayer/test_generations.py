from replayer.generations import Generations


def test_the_last_half_is_always_there_and_never_more_than_all() -> None:
    memory: Generations[int, str] = Generations(10)
    for number in range(1000):
        memory.put(number, str(number))
        assert all(memory.get(late) == str(late) for late in range(max(0, number - 4), number + 1))
        there = sum(old in memory for old in range(number + 1))
        assert there <= 10
        assert there + memory.forgotten == number + 1
    assert memory.get(0) is None
