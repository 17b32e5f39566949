"""Exchanges made up for tests, and what is learned from some."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from foreshock.clock import Anchor
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.shaping.counts import Rooms
from recorder.shaping.learn import Learning
from recorder.shaping.model import Shape


def exchange(
    n: int,
    method: str = "GET",
    url: str = "/",
    *,
    body: Any = None,
    raw: bytes = b"",
    form: bool = False,
    answer: Any = None,
    status: int | None = 200,
    session: str = "s",
    at_s: float | None = None,
    took_s: float = 0.1,
) -> Exchange:
    """The n-th exchange, at second n. `body` and `answer` are written as JSON; `raw` is a request's body as it is."""
    at_s = float(n) if at_s is None else at_s
    sent = raw or (b"" if body is None else json.dumps(body).encode())
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    response = Response(
        status=status or 0,
        status_text="",
        http_version="HTTP/1.1",
        headers=(Header("Content-Type", "application/json"),),
        content=Content.of(b"" if answer is None else json.dumps(answer).encode()),
    )
    return Exchange(
        id=f"e{n}",
        session=session,
        connection=session,
        started_s=at_s,
        request_ended_s=at_s,
        ended_s=at_s + took_s,
        request=Request(
            method=method,
            url=url,
            http_version="HTTP/1.1",
            headers=(Header("Content-Type", kind),),
            post_data=Content.of(sent),
        ),
        response=response if status is not None else None,
        error=None if status is not None else "reset",
    )


def learned(exchanges: Iterable[Exchange], rooms: Rooms | None = None) -> Shape:
    learning = Learning(Anchor(wall_s=0.0, monotonic_s=0.0), rooms)
    for one in exchanges:
        learning.add(one)
    return learning.shape("0" * 16)


@pytest.fixture(scope="session", name="exchange")
def making() -> Callable[..., Exchange]:
    return exchange


@pytest.fixture(scope="session")
def learn() -> Callable[..., Shape]:
    return learned
