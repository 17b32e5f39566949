"""The directory: who has claimed a handle. PUT and DELETE /claims/{handle}, both idempotent."""

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request


@dataclass
class Claims:
    lock: threading.Lock = field(default_factory=threading.Lock)
    by: dict[str, str] = field(default_factory=dict)


def claim(request: Request) -> Reply:
    handle, asked, claims = request.params["handle"], request.json(), request.state
    with claims.lock:
        if claims.by.get(handle, asked["by"]) not in (asked["by"], *asked["instead_of"]):
            raise Refusal(409, "claimed by another")
        claims.by[handle] = asked["by"]
    return Reply(200, {"handle": handle})


def release(request: Request) -> Reply:
    handle, claims = request.params["handle"], request.state
    with claims.lock:
        if claims.by.get(handle) == request.query.get("by"):
            del claims.by[handle]
    return Reply(200, {"handle": handle})


if __name__ == "__main__":
    serve(App(Claims, {"PUT /claims/{handle}": claim, "DELETE /claims/{handle}": release}), arguments().port)
