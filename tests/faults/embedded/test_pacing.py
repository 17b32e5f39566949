"""What paces: nothing is lost or out of order whatever changes, and nothing is buffered without bound."""

import asyncio
import random
import time

import pytest

from faults.embedded.kinds import STAGES
from faults.embedded.pacing import PIECES_A_TURN
from faults.embedded.stages import HELD_CHUNKS
from faults.embedded.toxics import LiveToxic


class Far:
    """The end of a pipe: takes everything while `full` is False, and remembers it."""

    def __init__(self) -> None:
        self.full = False
        self.pieces: list[bytes] = []
        self.ended = False

    def push(self, data: bytes, at_s: float) -> None:
        assert not self.ended
        self.pieces.append(data)

    def end(self) -> None:
        self.ended = True


class Pipe:
    """A pipe of one stage."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def throttle(self) -> None: ...

    def finish(self, stage: object, *, reset: bool = False) -> None: ...


def stage_of(kind: str, attributes: dict[str, int], far: Far):
    toxic = LiveToxic(name="t", type=kind, stream="downstream", toxicity=1.0, attributes=attributes, seed=1, proxy="p")
    stage = STAGES[kind](toxic, 1, Pipe(asyncio.get_running_loop()))
    stage.next = far
    return stage


def run(check) -> None:
    async def main() -> None:
        await check(Far())

    asyncio.run(main())


PACED = [("bandwidth", {"rate": 1}), ("slicer", {"average_size": 10, "size_variation": 3, "delay": 60_000_000})]


@pytest.mark.parametrize(("kind", "attributes"), PACED)
def test_what_is_held_is_let_go_in_order_by_the_removal_and_the_end_comes_last(kind, attributes):
    async def check(far):
        stage = stage_of(kind, attributes, far)
        data = bytes(range(256)) * 4
        for start in range(0, len(data), 100):
            stage.push(data[start : start + 100], time.monotonic())
        stage.end()
        assert stage.full and not far.ended
        stage.remove()
        assert b"".join(far.pieces) == data
        assert far.ended and stage.timer is None

    run(check)


@pytest.mark.parametrize(("kind", "attributes"), PACED)
def test_an_update_lets_go_of_the_chunk_at_work_alone(kind, attributes):
    async def check(far):
        stage = stage_of(kind, attributes, far)
        stage.push(b"a" * 100, time.monotonic())
        stage.push(b"b" * 100, time.monotonic())
        stage.update()
        assert b"".join(far.pieces).startswith(b"a" * 100)
        assert stage.full
        stage.drop()
        assert not stage.full and stage.timer is None

    run(check)


@pytest.mark.parametrize(("kind", "attributes"), [("bandwidth", {"rate": 1000}), ("slicer", {"average_size": 9})])
def test_without_room_behind_it_nothing_is_passed_on(kind, attributes, wire):
    async def check(far):
        stage = stage_of(kind, attributes, far)
        far.full = True
        stage.push(b"x" * 100, time.monotonic())
        stage.end()
        await asyncio.sleep(0.01)
        assert far.pieces == [] and stage.full
        far.full = False
        stage.resume()
        await wire.eventually(lambda: far.ended)
        assert b"".join(far.pieces) == b"x" * 100

    run(check)


def test_latency_is_full_at_toxiproxys_number_of_chunks():
    async def check(far):
        stage = stage_of("latency", {"latency": 60_000}, far)
        for _ in range(HELD_CHUNKS):
            assert not stage.full
            stage.push(b"x", time.monotonic())
        assert stage.full
        stage.drop()

    run(check)


@pytest.mark.parametrize(("average", "variation"), [(1, 0), (1, 1), (7, 7), (64, 32), (5000, 10)])
def test_a_slicer_cuts_into_pieces_that_are_small_enough_and_loses_nothing(average, variation):
    async def check(far):
        stage = stage_of("slicer", {"average_size": average, "size_variation": variation}, far)
        data = random.Random(2).randbytes(3000)
        pieces = stage.cut(data)
        assert b"".join(pieces) == data
        assert all(0 < len(piece) <= average + variation for piece in pieces)

    run(check)


def test_an_update_starts_the_delay_of_a_slow_close_anew_and_the_removal_ends_it():
    async def check(far):
        stage = stage_of("slow_close", {"delay": 60_000}, far)
        stage.end()
        first = stage.timer
        stage.update()
        assert first.cancelled() and stage.timer is not first and not far.ended
        stage.remove()
        assert far.ended

    run(check)


def test_a_chunk_cut_into_single_bytes_leaves_the_loop_its_turns(wire):
    async def check(far):
        stage = stage_of("slicer", {"average_size": 1}, far)
        data = bytes(range(256)) * 128
        stage.push(data, time.monotonic())
        stage.end()
        assert 0 < len(far.pieces) <= PIECES_A_TURN
        await wire.eventually(lambda: far.ended)
        assert b"".join(far.pieces) == data

    run(check)
