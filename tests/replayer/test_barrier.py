import asyncio
from collections.abc import Callable
from functools import partial

from replayer.barrier import Barrier


def released(play: Callable[[Barrier, Callable[[str, float], None]], None], limit_s: float = 60.0) -> list[str]:
    """Names in the order they were flushed when `play` was done and the barrier opened."""

    async def run() -> list[str]:
        flushed: list[str] = []
        barrier = Barrier(limit_s)
        play(barrier, lambda name, ready_s: barrier.arrive(name, ready_s, partial(flushed.append, name)))
        await asyncio.wait_for(asyncio.shield(barrier.opened), 5)
        return flushed

    return asyncio.run(run())


def test_it_opens_when_it_is_complete_and_all_have_arrived_or_left() -> None:
    def play(barrier: Barrier, arrive: Callable[[str, float], None]) -> None:
        for name in "abc":
            barrier.join(name)
        arrive("a", 1.0)
        barrier.complete()
        assert not barrier.opened.done()
        arrive("c", 3.0)
        assert not barrier.opened.done()
        barrier.leave("b")
        assert barrier.ready_s == 3.0

    assert released(play) == ["a", "c"]


def test_whoever_comes_after_the_opening_goes_at_once() -> None:
    def play(barrier: Barrier, arrive: Callable[[str, float], None]) -> None:
        barrier.join("a")
        barrier.complete()
        arrive("a", 1.0)
        arrive("late", 2.0)

    assert released(play) == ["a", "late"]


def test_it_opens_for_those_who_are_there_when_its_time_is_up() -> None:
    def play(barrier: Barrier, arrive: Callable[[str, float], None]) -> None:
        barrier.join("a")
        barrier.join("never")
        barrier.complete()
        arrive("a", 1.0)

    assert released(play, limit_s=0.05) == ["a"]
