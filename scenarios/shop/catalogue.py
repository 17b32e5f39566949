"""What is sold: GET /products, GET /products/{product_id}."""

import sqlite3
from typing import Any

from scenarios.shop.web import Refusal, Reply, Request, Route


def routes() -> list[Route]:
    return [Route("GET", "/products", _list), Route("GET", "/products/{product_id}", _one)]


def product(db: sqlite3.Connection, product_id: int) -> sqlite3.Row:
    """The product's row. Raises Refusal (404)."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM products WHERE id = ?", (product_id,)).fetchone()
    if row is None:
        raise Refusal(404, f"no such product: {product_id}")
    return row


def _list(request: Request) -> Reply:
    with request.db.transaction() as db:
        rows = db.execute("SELECT * FROM products ORDER BY id").fetchall()
    return Reply(200, {"products": [_shown(row) for row in rows]})


def _one(request: Request) -> Reply:
    with request.db.transaction() as db:
        return Reply(200, _shown(product(db, request.number("product_id"))))


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "price_cents": row["price_cents"], "in_stock": row["stock"] > 0}
