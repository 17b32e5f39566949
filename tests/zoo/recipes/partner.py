"""The page cache: what was put under a key, until it is full or reset."""

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

PAGES = 10_000


class Pages:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pages: dict[str, Any] = {}


def get(request: Request) -> Reply:
    found = request.state.pages.get(request.params["key"])
    if found is None:
        raise Refusal(404, "not cached")
    return Reply(200, found)


def put(request: Request) -> Reply:
    page = request.json()
    with request.state.lock:
        while len(request.state.pages) >= PAGES:
            request.state.pages.pop(next(iter(request.state.pages)))
        request.state.pages[request.params["key"]] = page
    return Reply(204)


if __name__ == "__main__":
    serve(App(Pages, {"GET /pages/{key}": get, "PUT /pages/{key}": put}), arguments().port)
