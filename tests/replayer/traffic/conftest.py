"""Exchanges and steps in a few words, and recordings of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.recording import Recording, RecordingWriter
from replayer.plan import Binding, Recorded, Step
from replayer.plan import Request as Template

Pairs = Iterable[tuple[str, str]]


def an_exchange(
    started_s: float,
    ended_s: float | None = None,
    session: str = "a",
    *,
    line: str = "GET /",
    headers: Pairs = (),
    body: bytes = b"",
    status: int | None = 200,
    said: bytes = b"",
    answered: Pairs = (),
    connection: str = "c",
    closes: bool = False,
    version: str = "HTTP/1.1",
    messages: tuple[Message, ...] = (),
    trailers: Pairs = (),
    content: Content | None = None,
) -> Exchange:
    """Answered after 0.1 s if nothing else is said; `status` None: it was not."""
    method, url = line.split()
    response = Response(
        status=status or 0,
        status_text="",
        http_version=version,
        headers=tuple(Header(*pair) for pair in answered),
        content=Content.of(said),
    )
    return Exchange(
        id=f"x{started_s}",
        session=session,
        connection=connection,
        closes=closes,
        started_s=started_s,
        request_ended_s=started_s,
        ended_s=started_s + 0.1 if ended_s is None else ended_s,
        request=Request(
            method=method,
            url=url,
            http_version=version,
            headers=tuple(Header(*pair) for pair in headers),
            post_data=content or Content.of(body),
            trailers=tuple(Header(*pair) for pair in trailers),
        ),
        response=response if status else None,
        error=None if status else "upstream reset",
        messages=messages,
    )


def a_step(
    number: int,
    due_s: float,
    session: str = "a",
    *,
    route: str = "GET /",
    after: tuple[int, ...] = (),
    bound: tuple[int, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
    latency_s: float = 0.1,
) -> Step:
    """Follows the steps of `after`; the id in its path came from each of `bound`."""
    method, path = route.split()
    return Step(
        id=f"s{number}",
        due_s=due_s,
        session=session,
        route=route,
        request=Template(method=method, target=path, headers=headers),
        after=tuple(f"s{other}" for other in after),
        bindings=tuple(Binding(into=f"query:q{other}", from_=f"s{other}", at="json:$.id") for other in bound),
        connection=f"{session}-1",
        recorded=Recorded(status=200, latency_s=latency_s),
    )


@pytest.fixture
def exchange() -> Callable[..., Exchange]:
    return an_exchange


@pytest.fixture
def step() -> Callable[..., Step]:
    return a_step


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Recording]:
    def write(*exchanges: Exchange, name: str = "shop.rec", recorder: str = "") -> Recording:
        with RecordingWriter(tmp_path / name, upstream="http://127.0.0.1:1", recorder=recorder) as writer:
            for one in exchanges:
                writer.write(one)
        return Recording.open(tmp_path / name)

    return write
