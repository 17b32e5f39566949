"""A service of the zoo and its partners, started as its scenario.yaml says, with a relay on each link."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import yaml
from kit.relay import Relay

T = TypeVar("T")

_READY_S = 20.0
_ANSWER_S = 20.0
_CHOOSING = threading.Lock()
_CHOSEN: set[int] = set()  # by this process, which starts several systems at once


@dataclass
class Answer:
    status: int
    json: Any
    headers: Mapping[str, str]  # names in lower case


class System:
    """`url` is where the service is; `relays` are by their links' names."""

    def __init__(self, url: str, resets: list[str], relays: dict[str, Relay]) -> None:
        self.url = url
        self.relays = relays
        self._resets = resets
        self._target = urlsplit(url)

    def reset(self) -> None:
        for url in self._resets:
            parts = urlsplit(url)
            answer = _ask(parts.port or 80, "POST", parts.path, None, {})
            assert answer.status == 200, f"reset {url}: {answer.status}"

    def send(
        self,
        method: str,
        path: str,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Answer:
        body, kind = (json.dumps(payload), "application/json") if payload is not None else (None, "")
        if form is not None:
            body, kind = urlencode(form), "application/x-www-form-urlencoded"
        return _ask(
            self._target.port or 80,
            method,
            path,
            body,
            {**({"Content-Type": kind} if kind else {}), **(headers or {})},
        )

    def together(self, *sends: Callable[[], T]) -> list[T]:
        """What each gave, all begun at once."""
        with ThreadPoolExecutor(len(sends)) as threads:
            return [each.result() for each in [threads.submit(send) for send in sends]]


def until(true: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Whether it came true in time."""
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        if true():
            return True
        time.sleep(0.02)
    return true()


@contextmanager
def started(folder: Path, *, fixed: bool, patient: bool = False) -> Iterator[System]:
    """The system of the case in `folder`, ready and fresh; stopped at the end.

    A patient one waits ten times as long for its partners: a busy machine is no fault.
    """
    scenario = yaml.safe_load((folder / "scenario.yaml").read_text())
    names, links = list(scenario["processes"]), list(scenario.get("links", {}))
    ports = dict(zip([*(("processes", n) for n in names), *(("links", n) for n in links)], free_ports(), strict=False))
    with ExitStack() as stack:
        values = {"dir": stack.enter_context(TemporaryDirectory(prefix="zoo-"))}
        for (kind, name), port in ports.items():
            at = f"127.0.0.1:{port}"
            values |= {f"{kind}.{name}.{what}": v for what, v in _places(at).items()}
        relays = {}
        for name in links:
            upstream = _filled(scenario["links"][name]["upstream"], values)
            relays[name] = Relay(ports["links", name], int(upstream.rpartition(":")[2]))
            relays[name].start()
            stack.callback(relays[name].stop)
        for name in names:
            process = scenario["processes"][name]
            command = [_filled(word, values) for word in process["command"]]
            _start(stack, folder, command, {"ZOO_FIXED": str(int(fixed)), "ZOO_PATIENCE": "10" if patient else "1"})
            _until_ready(_filled(process["ready"]["http"], values), name)
        resets = [_filled(each["post"], values) for each in scenario["reset"]]
        yield System(_filled(scenario["target"], values), resets, relays)


def free_ports(count: int = 16) -> list[int]:
    """Ports that nobody listens on, below those that clients' ends are given: none of these is taken meanwhile."""
    ports: list[int] = []
    with _CHOOSING:
        while len(ports) < count:
            port = random.SystemRandom().randrange(10_000, 16_000)
            if port not in _CHOSEN and _is_free(port):
                _CHOSEN.add(port)
                ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _start(stack: ExitStack, folder: Path, command: list[str], environment: Mapping[str, str]) -> None:
    command[0] = sys.executable if command[0] == "python" else command[0]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)

    def stop() -> None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)


def _until_ready(url: str, name: str) -> None:
    parts = urlsplit(url)

    def ready() -> bool:
        try:
            return _ask(parts.port or 80, "GET", parts.path, None, {}).status == 200
        except (OSError, http.client.HTTPException):
            return False

    assert until(ready, _READY_S), f"{name} is not ready at {url}"


def _ask(port: int, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request(method, path, body.encode() if body is not None else None, dict(headers))
        answer = connection.getresponse()
        said = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, json.loads(said) if said else None, found)
    finally:
        connection.close()


def _places(address: str) -> dict[str, str]:
    host, _, port = address.rpartition(":")
    return {"address": address, "url": f"http://{address}", "host": host, "port": port}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([^{}]+)\}", lambda match: values[match[1]], text)
