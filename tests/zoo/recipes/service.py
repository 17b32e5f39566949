"""A cookbook: recipes are written by whoever made them and read by all, from a page cache kept by a partner.

Planted: a cache that does not answer is passed over, also where it should have been told that the page is another now.
Fixed: a page is cached under its recipe's version, which is looked up first.
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
from kit.web import App, Refusal, Reply, Request, text, whole

CACHE_S = 0.25
STEPS = 30
_TABLE = """
CREATE TABLE recipes (id TEXT PRIMARY KEY, title TEXT NOT NULL, serves INTEGER NOT NULL, method TEXT NOT NULL,
                      secret TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1)
"""


class Book:
    def __init__(self, cache: str) -> None:
        self.cache = Partner(cache, CACHE_S)
        self.lock = threading.Lock()  # one writer at a time, up to the cache
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute(_TABLE)
        self._statements = threading.Lock()

    def close(self) -> None:
        self._database.close()

    def do(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows it gives."""
        with self._statements:
            return [dict(row) for row in self._database.execute(statement, values).fetchall()]

    def version(self, recipe: str) -> int:
        """Raises Refusal (404)."""
        found = self.do("SELECT version FROM recipes WHERE id = ?", recipe)
        if not found:
            raise Refusal(404, "no such recipe")
        return int(found[0]["version"])

    def page(self, recipe: str) -> dict[str, Any]:
        """The recipe as readers see it, from the database. Raises Refusal (404)."""
        found = self.do("SELECT id, title, serves, method, version FROM recipes WHERE id = ?", recipe)
        if not found:
            raise Refusal(404, "no such recipe")
        return {**found[0], "method": found[0]["method"].split("\n")}

    def cached(self, recipe: str, request: Request) -> dict[str, Any] | None:
        try:
            status, found = self.cache.ask("GET", self._key(recipe, self.version(recipe)), headers=_of(request))
        except Unreachable:
            return None
        return found if status == 200 else None

    def put_into_cache(self, page: dict[str, Any], request: Request) -> None:
        try:
            self.cache.ask("PUT", self._key(page["id"], page["version"]), page, headers=_of(request))
        except Unreachable as error:
            sys.stdout.write(f"WARN the page of {page['id']} is not cached: {error}\n")

    def _key(self, recipe: str, version: int) -> str:
        return f"/pages/{recipe}.v{version}" if is_fixed() else f"/pages/{recipe}"


def _of(request: Request) -> dict[str, str]:
    return traced(request.headers)


def write(request: Request) -> Reply:
    book: Book = request.state
    title, serves, method = _fields(request.json())
    recipe, secret = f"r{secrets.token_hex(4)}x", secrets.token_urlsafe(16)
    with book.lock:
        book.do("INSERT INTO recipes VALUES (?, ?, ?, ?, ?, 1)", recipe, title, serves, method, secret)
        page = book.page(recipe)
        book.put_into_cache(page, request)
    return Reply(201, {**page, "edit_token": secret}, {"Location": f"/recipes/{recipe}"})


def rewrite(request: Request) -> Reply:
    book: Book = request.state
    recipe = request.params["id"]
    title, serves, method = _fields(request.json())
    with book.lock:
        book.version(recipe)
        if not book.do(
            "UPDATE recipes SET version = version + ((title, serves, method) IS NOT (:1, :2, :3)),"
            " title = :1, serves = :2, method = :3 WHERE id = :4 AND secret = :5 RETURNING id",
            *(title, serves, method, recipe, request.headers.get("x-edit-token", "")),
        ):
            raise Refusal(403, "another cook's recipe")
        page = book.page(recipe)
        book.put_into_cache(page, request)
    return Reply(200, page, {"ETag": f'"{page["version"]}"'})


def read(request: Request) -> Reply:
    book: Book = request.state
    page = book.cached(request.params["id"], request) or book.page(request.params["id"])
    return Reply(200, page, {"ETag": f'"{page["version"]}"'})


def contents(request: Request) -> Reply:
    found = request.state.do("SELECT id, title FROM recipes ORDER BY title, id")
    wanted = request.query.get("q", "").casefold()
    return Reply(200, {"recipes": [row for row in found if wanted in row["title"].casefold()]})


def _fields(body: dict[str, Any]) -> tuple[str, int, str]:
    steps = body.get("method")
    if not isinstance(steps, list) or not 0 < len(steps) <= STEPS:
        raise Refusal(422, f"method: expected 1 to {STEPS} steps")
    lines = [" ".join(text({"method": step}, "method", 500).split()) for step in steps]
    return text(body, "title", 120), whole(body, "serves", 1, 100), "\n".join(lines)


if __name__ == "__main__":
    asked = arguments(partner="URL of the page cache")
    routes = {
        "POST /recipes": write,
        "GET /recipes": contents,
        "GET /recipes/{id}": read,
        "PUT /recipes/{id}": rewrite,
    }
    serve(App(lambda: Book(asked.partner), routes), asked.port)
