"""Real clients over HTTP, to be recorded: each a thread with a keep-alive connection of its own, all from one seed."""

import argparse
import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

NAMES = ("Ada", "Bo", "Zoë", "Łukasz", "Nguyễn Thị Hoa", "O'Brien", "李小龙", "عمر", "José 🙂", "Ana-Maria", "Søren")
_TIMEOUT_S = 10


class Unexpected(Exception):
    """A status that a client of this service should not see while all is well."""


class Client:
    """One session. `rng` is its own; `think` pauses as a person would, scaled to how long the traffic may take."""

    def __init__(self, host: str, port: int, agent: str, rng: random.Random, pace_s: float) -> None:
        self.rng = rng
        self.headers: dict[str, str] = {"User-Agent": agent, "Accept": "application/json"}
        self.statuses: Counter[int] = Counter()
        self._pace_s = pace_s
        self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)

    def think(self, times: float = 1.0) -> None:
        time.sleep(min(self.rng.expovariate(1.0), 3.0) * self._pace_s * times)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        pause: bool = True,
    ) -> Any:
        """The answer's JSON, or None; `answered` holds its headers. Raises Unexpected for any status but `expect`."""
        kind, sent = ("application/json", json.dumps(body, ensure_ascii=False)) if body is not None else ("", None)
        if form is not None:
            kind, sent = "application/x-www-form-urlencoded", urlencode(form)
        everything = {**self.headers, **({"Content-Type": kind} if kind else {}), **(headers or {})}
        self._connection.request(method, path, sent.encode() if sent is not None else None, everything)
        answer = self._connection.getresponse()
        said = answer.read()
        self.answered = {name.lower(): value for name, value in answer.getheaders()}
        self.statuses[answer.status] += 1
        if answer.status != expect:
            raise Unexpected(f"{method} {path}: {answer.status} {said[:200]!r}, expected {expect}")
        if pause:
            self.think()
        return json.loads(said) if said else None

    def close(self) -> None:
        self._connection.close()


Visit = Callable[[Client, int], None]  # what one session does; the number tells it from the others


def main(service: str, visit: Visit, sessions: int) -> None:
    """Exits 0 when every session of the day got the answers it should, 1 with the first that did not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", type=urlsplit, required=True, help="URL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="over which sessions begin")
    asked = parser.parse_args()
    troubles: list[str] = []
    statuses: Counter[int] = Counter()

    def run(number: int) -> None:
        rng = random.Random(f"{service} {asked.seed} {number}")
        agent = f"{service}-client/{rng.choice(('1.4.0', '2.0', '2.1-beta'))}"
        client = Client(asked.target.hostname, asked.target.port, agent, rng, asked.seconds / 100)
        time.sleep((number + rng.random()) * asked.seconds / sessions)
        try:
            visit(client, number)
        except (OSError, http.client.HTTPException, Unexpected) as error:
            troubles.append(f"session {number}: {type(error).__name__}: {error}")
        finally:
            client.close()
            statuses.update(client.statuses)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = ", ".join(f"{status} x {count}" for status, count in sorted(statuses.items()))
    sys.stdout.write(f"{sessions} sessions, {statuses.total()} requests: {counts}\n")
    if troubles:
        sys.exit(f"{service}: {len(troubles)} of {sessions} sessions went wrong; the first: {troubles[0]}")
