"""The name server: PUT /zones/{domain} gives the zone's number, made at the first time."""

import itertools
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request

_numbers = itertools.count(3001)  # goes on across resets


@dataclass
class Zones:
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: dict[str, int] = field(default_factory=dict)


def zone(request: Request) -> Reply:
    zones, domain = request.state, request.params["domain"]
    with zones.lock:
        if domain not in zones.numbers:
            zones.numbers[domain] = next(_numbers)
        return Reply(200, {"domain": domain, "number": zones.numbers[domain]})


if __name__ == "__main__":
    serve(App(Zones, {"PUT /zones/{domain}": zone}), arguments().port)
