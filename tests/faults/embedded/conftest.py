"""A server of the engine under test, one child for a whole file."""

import os
from collections.abc import Callable, Iterator

import pytest

from faults.child import EmbeddedChild
from faults.engine import Binary, choose, tool_folders
from faults.toxiproxy import Server


@pytest.fixture(scope="module")
def url_of() -> Iterator[Callable[[str], str]]:
    """The control API of a server of the engine of that name; started when it is asked for first."""
    urls: dict[str, str] = {}
    children: list[EmbeddedChild] = []

    def started(engine: str) -> str:
        if engine not in urls:
            chosen = choose(engine, {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())  # type: ignore[arg-type]
            children.append(EmbeddedChild(seed=0, toxiproxy=chosen.path if isinstance(chosen, Binary) else None))
            ready = children[-1].wait_ready()
            urls[engine] = ready.toxiproxy or ready.api
        return urls[engine]

    yield started
    for child in children:
        child.stop()


@pytest.fixture
def server(engine: str, url_of: Callable[[str], str]) -> Iterator[Server]:
    """Without proxies at the start of each test."""
    server = Server(url_of(engine))
    yield server
    server.destroy_all()
    server.close()
