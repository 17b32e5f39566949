"""Articles of magazines, kept by an archive behind a cache: composite ids (magazine and number), nested JSON.

What is read is cached; a deleted article is evicted, and not cached again for a moment, in which reads that were under
way may come back with it. Planted: that moment is a fixed time, and a slow archive needs longer.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text

_HELD_S = 0.2

Article = dict[str, Any]


@dataclass
class Cache:
    """Articles by their paths. `evictions` and `evicted_s` say how often, and when last, one was evicted."""

    fixed: bool
    _articles: dict[str, Article] = field(default_factory=dict)
    _evictions: dict[str, int] = field(default_factory=dict)
    _evicted_s: dict[str, float] = field(default_factory=dict)
    _doubtful: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: str, load: Callable[[], Article]) -> Article:
        """The article as cached, else as loaded, and cached if nobody deleted it meanwhile."""
        with self._lock:
            if path in self._articles:
                return self._articles[path]
            before = self._evictions.get(path, 0)
        article = load()
        with self._lock:
            if self._may_keep(path, before):
                self._articles[path] = article
        return article

    def _may_keep(self, path: str, before: int) -> bool:
        if path in self._doubtful:
            return False
        if self.fixed:
            return self._evictions.get(path, 0) == before
        return time.monotonic() > self._evicted_s.get(path, 0.0) + _HELD_S

    def evict(self, path: str) -> None:
        with self._lock:
            self._articles.pop(path, None)
            self._evictions[path] = self._evictions.get(path, 0) + 1
            self._evicted_s[path] = time.monotonic()

    def doubt(self, path: str) -> None:
        """Nobody knows whether it was deleted: it is never cached again."""
        with self._lock:
            self._doubtful.add(path)
            self._articles.pop(path, None)


class Magazine:
    def __init__(self, archive: Partner) -> None:
        self._archive = archive

    def publish(self, request: Request) -> Reply:
        body = request.json()
        content = body.get("content")
        if not isinstance(content, dict):
            raise Refusal(422, "content: expected an object")
        tags = body.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) and len(tag) <= 40 for tag in tags):
            raise Refusal(422, "tags: expected a list of texts")
        lead = {"lead": text(content, "lead", 500)}
        article = {"headline": text(body, "headline", 120), "content": lead, "tags": tags}
        return Reply(201, self._asked(request, "POST", f"{_magazine(request)}/articles", article))

    def articles(self, request: Request) -> Reply:
        return Reply(200, self._asked(request, "GET", f"{_magazine(request)}/articles"))

    def article(self, request: Request) -> Reply:
        path = _article(request)
        return Reply(200, request.state.read(path, lambda: self._asked(request, "GET", path)))

    def delete(self, request: Request) -> Reply:
        path = _article(request)
        request.state.evict(path)
        try:
            self._asked(request, "DELETE", path)
        except Refusal as refusal:
            if refusal.status != 404:
                request.state.doubt(path)
            raise
        if request.state.fixed:
            request.state.evict(path)  # what was read before it was gone, and cached since
        return Reply(204)

    def _asked(self, request: Request, method: str, path: str, payload: Any = None) -> Any:
        try:
            status, found = self._archive.ask(method, path, payload, traced(request.headers))
        except Unreachable:
            raise Refusal(503, "the archive does not answer") from None
        if status == 404:
            raise Refusal(404, "no such article")
        return found


def _magazine(request: Request) -> str:
    name = request.params["magazine"]
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise Refusal(404, "no such magazine")
    return f"/magazines/{name}"


def _article(request: Request) -> str:
    number = request.params["number"]
    if not number.isascii() or not number.isdigit():
        raise Refusal(404, "no such article")
    return f"{_magazine(request)}/articles/{number}"


if __name__ == "__main__":
    asked = arguments(archive="URL of the archive")
    magazine = Magazine(Partner(asked.archive, 3.0))
    routes = {
        "POST /magazines/{magazine}/articles": magazine.publish,
        "GET /magazines/{magazine}/articles": magazine.articles,
        "GET /magazines/{magazine}/articles/{number}": magazine.article,
        "DELETE /magazines/{magazine}/articles/{number}": magazine.delete,
    }
    serve(App(lambda: Cache(is_fixed()), routes), asked.port)
