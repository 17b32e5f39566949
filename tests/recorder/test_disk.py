import errno
from pathlib import Path

import pytest

from recorder.disk import FULL, Disk


class World:
    def __init__(self, min_free_bytes: int = 0) -> None:
        self.now_s, self.free, self.told = 0.0, 1 << 40, list[str]()
        self.disk = Disk(
            Path("/"),
            min_free_bytes=min_free_bytes,
            tell=self.told.append,
            clock=lambda: self.now_s,
            free=lambda _: self.free,
        )

    def refuse(self, number: int) -> bool:
        def action() -> None:
            raise OSError(number, "refused")

        return self.disk.attempt(action)

    def later(self) -> None:
        self.now_s += 1
        self.disk.look()


def test_where_all_is_well_nothing_is_said() -> None:
    world = World()
    assert world.disk.attempt(lambda: None)
    world.later()
    assert (world.disk.trouble, world.disk.failure, world.told) == ("", None, [])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_tried_again_when_there_is_room(number: int) -> None:
    world = World()
    world.free = 1000
    assert not world.refuse(number)
    assert not world.refuse(number)
    assert (world.disk.trouble, world.disk.failure) == (FULL, FULL)
    world.later()
    assert world.disk.trouble == FULL
    world.free = 1 << 30
    world.disk.look()  # not within the second
    assert world.disk.trouble == FULL
    world.later()
    assert (world.disk.trouble, world.disk.failure) == ("", FULL)  # data was refused: that stays true
    assert len(world.told) == 2


def test_a_disk_that_failed_stays_failed() -> None:
    world = World()
    assert not world.refuse(errno.EIO)
    world.later()
    assert world.disk.trouble == world.disk.failure == "the disk failed: refused"
    assert world.told == ["the disk failed: refused: exchanges are dropped and counted from now on"]


def test_below_the_floor_is_trouble_and_no_failure() -> None:
    world = World(min_free_bytes=1_000_000_000)
    world.free = 999_999_999
    world.later()
    assert (world.disk.trouble, world.disk.failure) == ("less than 1 GB free on the disk", None)
    world.free = 1_000_000_000
    world.later()
    assert world.disk.trouble == ""
    assert world.told[-1] == "there is room on the disk again: recording goes on"


def test_a_folder_that_cannot_be_looked_at_is_left_to_the_next_write() -> None:
    disk = Disk(Path("/no/such/folder"), min_free_bytes=1)
    disk.look()
    assert disk.trouble == ""
