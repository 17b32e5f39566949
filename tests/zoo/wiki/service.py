"""Pages of a small wiki: slugs chosen by their authors, ETags, If-Match on every change, no log-in.

Planted: the ETag is compared before the page is rendered, and the update does not look at it again.
"""

import secrets
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text

_SCHEMA = """
CREATE TABLE pages (slug TEXT PRIMARY KEY, title TEXT, text TEXT, html TEXT, etag TEXT);
CREATE TABLE revisions (number INTEGER PRIMARY KEY AUTOINCREMENT, slug TEXT, title TEXT, etag TEXT);
"""
_WELCOME = ("welcome", "Willkommen – welcome", "Everybody may *edit*.", "<p>Everybody may <em>edit</em>.</p>")


class State:
    """One SQLite database in memory, one statement at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_SCHEMA)
        etag = _etag()
        self.run("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", *_WELCOME, etag)
        self.run("INSERT INTO revisions (slug, title, etag) VALUES (?, ?, ?)", *_WELCOME[:2], etag)

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def run(self, statement: str, *values: Any) -> int:
        """How many rows it touched."""
        with self._lock:
            return self._db.execute(statement, values).rowcount

    def page(self, slug: str) -> sqlite3.Row | None:
        return next(iter(self.rows("SELECT * FROM pages WHERE slug = ?", slug)), None)


class Wiki:
    def __init__(self, renderer: Partner, fixed: bool) -> None:
        self._renderer = renderer
        self._fixed = fixed

    def pages(self, request: Request) -> Reply:
        rows = request.state.rows("SELECT slug, title FROM pages ORDER BY slug")
        return Reply(200, {"pages": [dict(row) for row in rows]})

    def page(self, request: Request) -> Reply:
        page = _page(request)
        shown = {name: page[name] for name in ("slug", "title", "text", "html")}
        return Reply(200, shown, {"ETag": page["etag"]})

    def history(self, request: Request) -> Reply:
        _page(request)
        rows = request.state.rows(
            "SELECT number, title FROM revisions WHERE slug = ? ORDER BY number", request.params["slug"]
        )
        return Reply(200, {"revisions": [dict(row) for row in rows]})

    def put(self, request: Request) -> Reply:
        """201 for a new page (If-None-Match: *), 200 for a changed one (If-Match); 412, 428."""
        body = request.json()
        title, source, slug = text(body, "title"), text(body, "text", 5000), request.params["slug"]
        if request.headers.get("if-none-match") == "*":
            return self._create(request, slug, title, source)
        expected = request.headers.get("if-match")
        if expected is None:
            raise Refusal(428, "say what you change with If-Match, or If-None-Match: * for a new page")
        if _page(request)["etag"] != expected:
            raise Refusal(412, "somebody has changed the page meanwhile")
        html, etag = self._rendered(request, source), _etag()
        condition, values = (" AND etag = ?", [expected]) if self._fixed else ("", [])
        statement = f"UPDATE pages SET title = ?, text = ?, html = ?, etag = ? WHERE slug = ?{condition}"
        if not request.state.run(statement, title, source, html, etag, slug, *values):
            raise Refusal(412, "somebody has changed the page meanwhile")
        return _kept(request, 200, slug, title, etag)

    def _create(self, request: Request, slug: str, title: str, source: str) -> Reply:
        if request.state.page(slug):
            raise Refusal(412, "there is such a page")
        html, etag = self._rendered(request, source), _etag()
        try:
            request.state.run("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", slug, title, source, html, etag)
        except sqlite3.IntegrityError:
            raise Refusal(412, "there is such a page") from None
        return _kept(request, 201, slug, title, etag)

    def _rendered(self, request: Request, source: str) -> str:
        try:
            _, said = self._renderer.ask("POST", "/render", {"text": source}, traced(request.headers))
        except Unreachable:
            raise Refusal(503, "it cannot be rendered now") from None
        return str(said["html"])


def _etag() -> str:
    return f'"{secrets.token_hex(10)}"'


def _page(request: Request) -> sqlite3.Row:
    page: sqlite3.Row | None = request.state.page(request.params["slug"])
    if page is None:
        raise Refusal(404, "no such page")
    return page


def _kept(request: Request, status: int, slug: str, title: str, etag: str) -> Reply:
    request.state.run("INSERT INTO revisions (slug, title, etag) VALUES (?, ?, ?)", slug, title, etag)
    return Reply(status, {"slug": slug, "title": title}, {"ETag": etag})


if __name__ == "__main__":
    asked = arguments(renderer="URL of what renders")
    wiki = Wiki(Partner(asked.renderer, 0.4), is_fixed())
    routes = {
        "GET /pages": wiki.pages,
        "GET /pages/{slug}": wiki.page,
        "PUT /pages/{slug}": wiki.put,
        "GET /pages/{slug}/history": wiki.history,
    }
    serve(App(State, routes), asked.port)
