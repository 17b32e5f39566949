import asyncio
import itertools
import socket
from collections.abc import Callable

import pytest

from recorder.listen.metrics import MetricsEar


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


def test_what_a_scrape_says_is_placed_halfway_between_question_and_answer() -> None:
    async def body(url: str) -> None:
        samples = await MetricsEar("shop", url, itertools.count(10.0, 4.0).__next__).scrape()
        assert [(each.t_s, each.source, each.name, each.value, each.kind) for each in samples] == [
            (12.0, "shop", 'slots{pool="a"}', 3.0, "gauge"),
            (12.0, "shop", "orders_total", 7.0, "counter"),
        ]

    said = '# TYPE slots gauge\nslots{pool="a"} 3\n# TYPE orders_total counter\norders_total 7\nbad NaN\n'
    with_page(lambda: page(said), body)


def test_a_long_page_is_read_whole() -> None:
    async def body(url: str) -> None:
        samples = await MetricsEar("shop", url, lambda: 7.0).scrape()
        assert [each.name for each in samples] == [f"m{n}" for n in range(1000)]

    with_page(lambda: page("".join(f"m{n} {n}\n" for n in range(1000))), body)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", page("a 1", "500 No"), b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\na 1"]
)
def test_a_scrape_that_fails_is_counted(answer: bytes) -> None:
    async def body(url: str) -> None:
        metrics = MetricsEar("shop", url, lambda: 7.0)
        assert await metrics.scrape() == ()
        assert metrics.failures == 1

    with_page(lambda: answer, body)


@pytest.mark.parametrize(("said", "failures"), [
    ('{"ok": true}', 1), ("<html>\n<p>a page</p>", 1), ("", 0), ("# HELP a of none yet\n", 0), ("a NaN\n", 0),
])  # fmt: skip
def test_a_page_that_is_none_of_metrics_is_counted_and_one_without_any_yet_is_not(said: str, failures: int) -> None:
    async def body(url: str) -> None:
        metrics = MetricsEar("shop", url, lambda: 7.0)
        assert await metrics.scrape() == ()
        assert metrics.failures == failures

    with_page(lambda: page(said), body)


def test_a_source_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        metrics = MetricsEar("x", url, lambda: 7.0, timeout_s=0.05)
        assert asyncio.run(metrics.scrape()) == ()
        assert metrics.failures == 1


def test_the_path_and_query_are_asked_for_as_given_in_either_text_format() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page("a 1"))
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/m?a=b"
            assert [sample.name for sample in await MetricsEar("shop", url, lambda: 7.0).scrape()] == ["a"]

    asyncio.run(main())
    assert heads[0].startswith(b"GET /m?a=b HTTP/1.1\r\n")
    assert b"Accept: text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5\r\n" in heads[0]
