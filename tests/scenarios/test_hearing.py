import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from recorder.listen.ear import Ear
from recorder.listen.metrics import MetricsEar
from recorder.listen.sqlgauge import SqlEar
from scenarios.hearing import Heard, Hearing, Listened


def heard_by(hearing: Hearing, meanwhile: Callable[[Hearing], Awaitable[None]], every_s: float | None = None) -> Heard:
    async def listen() -> Heard:
        hearing.start()
        try:
            async with hearing.listening(every_s) as heard:
                await meanwhile(hearing)
            return heard
        finally:
            hearing.stop()

    return asyncio.run(listen())


async def nothing(_: Hearing) -> None:
    pass


def test_only_what_is_said_while_listening_is_heard_in_order_of_time_and_masked() -> None:
    hearing = Hearing([], time.monotonic, processes=("shop", "payments"))
    shop, payments = hearing.line_of("shop"), hearing.line_of("payments")

    async def say(_: Hearing) -> None:
        payments(b"WARN order 17 is slow")
        shop(b"INFO well")
        payments(b"")

    shop(b"WARN before")
    heard = heard_by(hearing, say)
    shop(b"WARN after")
    lines = [(line.source, line.level, line.template) for line in heard.log_lines]
    assert lines == [("payments", "WARN", "order <*> is slow"), ("shop", "INFO", "well")]


def test_a_metrics_endpoint_that_does_not_answer_is_said() -> None:
    heard = heard_by(
        Hearing([MetricsEar("shop", "http://127.0.0.1:1/metrics", time.monotonic)], time.monotonic), nothing
    )
    assert heard.losses == ("metrics of shop gave nothing (2 times)",)


def test_a_source_is_looked_at_at_both_ends_and_as_often_as_asked_in_between() -> None:
    class Counting(Ear):
        looks = 0

        def __init__(self) -> None:
            super().__init__("counting")
            self.ten = threading.Event()

        async def look(self, _: object) -> None:
            self.looks += 1
            if self.looks == 10:
                self.ten.set()

    ends, often = Counting(), Counting()
    heard_by(Hearing([ends], time.monotonic), nothing)
    assert ends.looks == 3  # the last when it is stopped

    async def until_looked_at(_: Hearing) -> None:
        assert await asyncio.to_thread(often.ten.wait, 10)

    heard_by(Hearing([often], time.monotonic), until_looked_at, every_s=0.01)


def test_what_listening_cost_is_told(tmp_path: Path) -> None:
    hearing = Hearing([SqlEar("pending", tmp_path / "none.db", "SELECT 1", time.monotonic)], time.monotonic)
    listened = heard_by(hearing, nothing).listened
    assert listened.took_s > 0
    assert listened.cpu_s > 0
    assert listened.cpu_share == listened.cpu_s / listened.took_s
    assert (listened.samples, listened.log_lines, listened.spans) == (0, 0, 0)


def test_it_is_told_what_was_heard_what_it_cost_and_whose_clock_is_not_ours() -> None:
    listened = Listened(took_s=10.0, cpu_s=0.25, samples=7, log_lines=3, skews_s={"shop": 3600.0, "db": -2.0})
    assert listened.told == (
        "7 samples, 3 log lines and 0 spans were heard; listening took 0.25 s of a CPU (2.5% of one)",
        "the times of shop are 3600.0 s behind ours, its way to us included: corrected",
        "the times of db are 2.0 s ahead of ours, its way to us included: corrected",
    )
