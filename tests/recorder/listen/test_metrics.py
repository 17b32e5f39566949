import asyncio
import socket
from collections.abc import Callable

import pytest

from recorder.listen.metrics import MetricsListener


def with_page(answer: Callable[[], bytes], body: Callable) -> None:
    """Runs `body(url)` while a server answers every request with `answer()` and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer())
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            await body(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/metrics?a=b")

    asyncio.run(main())


def page(text: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Type: text/plain\r\n\r\n{text}".encode()


def test_it_scrapes_at_once_and_regularly_and_at_last() -> None:
    asked: list[int] = []
    third = asyncio.Event()

    def answer() -> bytes:
        asked.append(len(asked))
        if len(asked) > 3:  # so the third scrape has been taken in
            third.set()
        return page(f'slots{{pool="a"}} {len(asked)}\nbad NaN\n')

    async def body(url: str) -> None:
        async with MetricsListener({"shop": url}, every_s=0.01, clock=lambda: 7.0) as metrics:
            assert [sample.value for sample in metrics.samples] == [1.0]
            await asyncio.wait_for(third.wait(), 5)
            before = len(metrics.samples)
        assert len(metrics.samples) > before >= 3
        first = metrics.samples[0]
        assert (first.t_s, first.source, first.name) == (7.0, "shop", 'slots{pool="a"}')
        assert {sample.name for sample in metrics.samples} == {'slots{pool="a"}'}
        assert not metrics.failures

    with_page(answer, body)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", page("a 1", "500 No"), b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\na 1"]
)
def test_a_scrape_that_fails_is_counted(answer: bytes) -> None:
    async def body(url: str) -> None:
        metrics = MetricsListener({"shop": url})
        assert await metrics.scrape() == ()
        assert metrics.failures == {"shop": 1}

    with_page(lambda: answer, body)


@pytest.mark.parametrize(("said", "failures"), [
    ('{"ok": true}', {"shop": 1}), ("<html>\n<p>a page</p>", {"shop": 1}),
    ("", {}), ("# HELP a of none yet\n", {}), ("a NaN\n", {}),
])  # fmt: skip
def test_a_page_that_is_none_of_metrics_is_counted_and_one_without_any_yet_is_not(
    said: str, failures: dict[str, int]
) -> None:
    async def body(url: str) -> None:
        metrics = MetricsListener({"shop": url})
        assert await metrics.scrape() == ()
        assert metrics.failures == failures

    with_page(lambda: page(said), body)


def test_a_source_out_of_reach_takes_nothing_from_the_others() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        async def body(url: str) -> None:
            gone = f"http://127.0.0.1:{unused.getsockname()[1]}/metrics"
            metrics = MetricsListener({"gone": gone, "shop": url})
            assert [sample.source for sample in await metrics.scrape()] == ["shop"]
            assert metrics.failures == {"gone": 1}

        with_page(lambda: page("a 1"), body)


def test_a_source_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        metrics = MetricsListener({"x": f"http://127.0.0.1:{silent.getsockname()[1]}/"}, timeout_s=0.05)
        assert asyncio.run(metrics.scrape()) == ()
        assert metrics.failures == {"x": 1}


def test_the_oldest_samples_are_forgotten_and_counted() -> None:
    async def body(url: str) -> None:
        metrics = MetricsListener({"shop": url}, kept_samples=3)
        await metrics.scrape()
        await metrics.scrape()
        assert [sample.name for sample in metrics.samples] == ["b", "a", "b"]
        assert metrics.forgotten == 1

    with_page(lambda: page("a 1\nb 2"), body)


def test_the_path_and_query_are_asked_for_as_given_in_the_text_format() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page("a 1"))
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/m?a=b"
            assert [sample.name for sample in await MetricsListener({"shop": url}).scrape()] == ["a"]

    asyncio.run(main())
    assert heads[0].startswith(b"GET /m?a=b HTTP/1.1\r\n")
    assert b"Accept: text/plain;version=0.0.4\r\n" in heads[0]
