"""The archive: articles by magazine and number."""

import itertools
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

_WORK_S = 0.002
_numbers = itertools.count(118, 3)  # goes on across resets


@dataclass
class Archive:
    lock: threading.Lock = field(default_factory=threading.Lock)
    articles: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


def add(request: Request) -> Reply:
    time.sleep(_WORK_S)
    magazine = request.params["magazine"]
    with request.state.lock:
        article = {"magazine": magazine, "number": next(_numbers), **request.json()}
        request.state.articles[magazine, article["number"]] = article
    return Reply(201, article)


def articles(request: Request) -> Reply:
    magazine = request.params["magazine"]
    with request.state.lock:
        found = [each for (of, _), each in request.state.articles.items() if of == magazine]
    return Reply(200, {"articles": [{name: each[name] for name in ("number", "headline")} for each in found]})


def article(request: Request) -> Reply:
    with request.state.lock:
        found = request.state.articles.get(_key(request))
    if found is None:
        raise Refusal(404, "no such article")
    return Reply(200, found)


def delete(request: Request) -> Reply:
    time.sleep(_WORK_S)
    with request.state.lock:
        if request.state.articles.pop(_key(request), None) is None:
            raise Refusal(404, "no such article")
    return Reply(200, {"deleted": True})


def _key(request: Request) -> tuple[str, int]:
    return request.params["magazine"], int(request.params["number"])


if __name__ == "__main__":
    routes = {
        "POST /magazines/{magazine}/articles": add,
        "GET /magazines/{magazine}/articles": articles,
        "GET /magazines/{magazine}/articles/{number}": article,
        "DELETE /magazines/{magazine}/articles/{number}": delete,
    }
    serve(App(Archive, routes), arguments().port)
