import asyncio
import itertools

from scenarios.hearing import Hearing


def test_only_what_is_said_while_listening_is_heard_in_order_of_time_and_masked() -> None:
    hearing = Hearing({}, itertools.count().__next__)
    shop, payments = hearing.line_of("shop"), hearing.line_of("payments")

    async def listen() -> list[tuple[str, str, str]]:
        shop(b"WARN before")
        async with hearing.listening(None) as heard:
            payments(b"WARN order 17 is slow")
            shop(b"INFO well")
            payments(b"")
        return [(line.source, line.level, line.template) for line in heard.log_lines]

    assert asyncio.run(listen()) == [("payments", "WARN", "order <*> is slow"), ("shop", "INFO", "well")]


def test_a_metrics_endpoint_that_does_not_answer_is_said() -> None:
    hearing = Hearing({"shop": "http://127.0.0.1:1/metrics"}, itertools.count().__next__)

    async def listen() -> tuple[str, ...]:
        async with hearing.listening(None) as heard:
            pass
        return heard.losses

    assert asyncio.run(listen()) == ("2 scrapes of shop's metrics gave nothing",)
