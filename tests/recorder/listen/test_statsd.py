"""Real datagrams on loopback."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from foreshock.errors import HarnessError
from recorder.listen.kept import Kept
from recorder.listen.statsd import StatsdEar, dropped_datagrams
from recorder.listen.thread import EarThread


@contextmanager
def receiving(ear: StatsdEar) -> Iterator[tuple[Kept, Callable[[bytes], object]]]:
    kept = Kept()
    thread = EarThread([ear], kept, time.monotonic, every_s=0.01)
    thread.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        try:
            yield kept, lambda data: client.sendto(data, ear.address)
        finally:
            thread.stop()


def until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.005)


def test_what_is_pushed_is_summed_up_and_told() -> None:
    with receiving(StatsdEar("127.0.0.1", 0, lambda: 7.0)) as (kept, send):
        send(b"orders:1|c\norders:2|c\n")
        send(b"depth:4|g|#queue:a")
        until(lambda: {(s.name, s.value) for s in kept.samples} >= {("orders", 3.0), ('depth{queue="a"}', 4.0)})
    assert {(sample.source, sample.t_s) for sample in kept.samples} == {("statsd", 7.0)}
    assert not kept.lost


def test_what_is_none_and_what_comes_too_fast_is_counted() -> None:
    with receiving(StatsdEar("127.0.0.1", 0, lambda: 7.0, per_s=3)) as (kept, send):
        send(b"nonsense\n\xff\xfe:1\n" + b"a:1|c\n" * 5)
        until(lambda: kept.lost.total() == 6)
    assert kept.lost == {"statsd: lines were none": 2, "statsd: lines came too fast": 4}


def test_an_address_in_use_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        thread = EarThread([StatsdEar(*taken.getsockname(), time.monotonic)], Kept(), time.monotonic, every_s=None)
        with pytest.raises(HarnessError, match=r"statsd=127.0.0.1:\d+ cannot be listened on: Address already in use"):
            thread.start()
        thread.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_datagrams_that_found_no_room_are_counted_by_the_kernel() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.bind(("127.0.0.1", 0))
        for _ in range(100):
            client.sendto(b"a:1|c" * 100, deaf.getsockname())
        assert 0 < dropped_datagrams(*deaf.getsockname()) < 100
