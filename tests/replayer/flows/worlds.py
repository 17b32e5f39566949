"""Services made up from a seed, each talked to by the same clients in more than one world.

A world is one life of the services: where its counters start, which tokens it draws, in which order it lists things.
What the clients choose by themselves comes from a seed of its own and is the same in every world. So the truth about a
binding needs no opinion: what was learned from one world, filled with what another one answered, has to be what the
client sent there.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple

from replayer.outcome import Answer
from replayer.plan import Body, Request

Headers = tuple[tuple[str, str], ...]
JSON = ("Content-Type", "application/json")


class Talk(NamedTuple):
    """One request of a client, and what the service of this world answered to it."""

    request: Request
    answer: Answer


class Turn(NamedTuple):
    session: str
    started_s: float
    ended_s: float
    talk: Talk


Client = Generator[Talk, None, None]
Style = Callable[["World", random.Random], Client]


class World:
    """What a service makes by itself: all of it differs from world to world."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._draw = random.Random(seed)
        self._counters: dict[str, int] = {}
        self._clock = 1_700_000_000 + self._draw.randrange(10_000_000)
        self.kept: dict[str, Any] = {}  # what a style's clients have in common

    def next(self, table: str) -> int:
        """The next number of a table; in world 0 all of them count from 1, so that ids equal counts and each other."""
        if table not in self._counters:
            self._counters[table] = 0 if self.seed == 0 else random.Random(f"{self.seed} {table}").randrange(10, 900)
        self._counters[table] += 1
        return self._counters[table]

    def now(self) -> int:
        """Epoch seconds: later each time."""
        self._clock += self._draw.randrange(1, 50)
        return self._clock

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))

    def hex(self, chars: int) -> str:
        return "".join(self._draw.choice("0123456789abcdef") for _ in range(chars))

    def token(self, chars: int = 22) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self._draw.choice(letters) for _ in range(chars))

    def base36(self, chars: int) -> str:
        return "".join(self._draw.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(chars))

    def jwt(self, who: object) -> str:
        head, body = ({"alg": "HS256", "typ": "JWT"}, {"sub": who, "iat": self.now()})
        return ".".join([*(b64(json.dumps(part)) for part in (head, body)), self.token(43)])

    def shuffled(self, things: Iterable[Any]) -> list[Any]:
        listed = list(things)
        self._draw.shuffle(listed)
        return listed


def b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def talk(
    line: str,
    said: object = None,
    *,
    body: object = None,
    form: str | None = None,
    headers: Headers = (),
    answered: Headers = (),
    status: int = 200,
    html: str | None = None,
) -> Talk:
    """`body` and `said` are JSON; `form` is a body as it is (its type is among `headers`), `html` a page."""
    method, target = line.split(" ", 1)
    text = form if form is not None else json.dumps(body) if body is not None else ""
    kind = (JSON,) if body is not None else ()
    content = html if html is not None else json.dumps(said) if said is not None else ""
    made = ("Content-Type", "text/html; charset=utf-8") if html is not None else JSON
    return Talk(
        Request(method=method, target=target, headers=(*kind, *headers), body=Body.of(text.encode())),
        Answer(status=status, headers=(made, *answered), body=content.encode(), body_bytes=len(content.encode())),
    )


def lived(world_seed: int, clients_seed: int, styles: Iterable[Style], sessions_each: int) -> list[Turn]:
    """What the clients of these styles did in this world, in started order; sessions run into each other."""
    world = World(world_seed)
    order = random.Random(clients_seed)
    running: list[tuple[str, Client]] = []
    for style in styles:
        for number in range(sessions_each):
            session = f"{style.__name__}-{number}"
            running.append((session, style(world, random.Random(f"{clients_seed} {session}"))))
    turns: list[Turn] = []
    now_s = 0.0
    while running:
        session, client = order.choice(running)
        try:
            said = next(client)
        except StopIteration:
            running.remove((session, client))
            continue
        turns.append(Turn(session, now_s, now_s + 0.005, said))
        now_s += 0.01
    return turns
