"""The books of the payments service: charges, refunds, and voids of charges that must never be made."""

import secrets
import sqlite3
import time
from typing import Any

from scenarios.shop.web import Refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY, order_id INTEGER NOT NULL, amount_cents INTEGER NOT NULL,
    status TEXT NOT NULL,                -- captured or refunded
    idempotency_key TEXT UNIQUE, made_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS charges_by_order ON charges (order_id);
CREATE TABLE IF NOT EXISTS voids (idempotency_key TEXT PRIMARY KEY, order_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS books (opened_at REAL NOT NULL);
"""


def fill(db: sqlite3.Connection) -> None:
    """Opens the books, if they are not open."""
    if not db.execute("SELECT 1 FROM books").fetchone():
        db.execute("INSERT INTO books VALUES (?)", (time.time(),))


def refuse_older(db: sqlite3.Connection, order_time: float | None) -> None:
    """Raises Refusal (410) for an order from before these books: a message that was on its way through a reset."""
    opened_at: float = db.execute("SELECT opened_at FROM books").fetchone()[0]
    if order_time is not None and order_time < opened_at:
        raise Refusal(410, "the order is older than these books")


def charge(db: sqlite3.Connection, order_id: int, amount_cents: int, key: str | None) -> tuple[bool, dict[str, Any]]:
    """The charge, and whether it is new: with a key that is known, it is the one made before.

    Raises Refusal: 409 if the key was voided, 422 if it was used for something else.
    """
    if key is not None:
        if db.execute("SELECT 1 FROM voids WHERE idempotency_key = ?", (key,)).fetchone():
            raise Refusal(409, "this charge was voided")
        known = by_key(db, key)
        if known and (known["order_id"], known["amount_cents"]) != (order_id, amount_cents):
            raise Refusal(422, "the Idempotency-Key was used for another charge")
        if known:
            return False, known
    row = db.execute(
        "INSERT INTO charges VALUES (?, ?, ?, 'captured', ?, ?) RETURNING *",
        (f"ch_{secrets.token_hex(8)}", order_id, amount_cents, key, time.time()),
    ).fetchone()
    return True, shown(row)


def void(db: sqlite3.Connection, key: str, order_id: int) -> dict[str, Any] | None:
    """None once no charge can be made under the key any more; else the charge that was made."""
    made = by_key(db, key)
    if made is None:
        db.execute("INSERT OR IGNORE INTO voids VALUES (?, ?)", (key, order_id))
    return made


def refund(db: sqlite3.Connection, charge_id: str) -> dict[str, Any]:
    """The charge, refunded, now or before. Raises Refusal (404)."""
    row = db.execute("UPDATE charges SET status = 'refunded' WHERE id = ? RETURNING *", (charge_id,)).fetchone()
    if row is None:
        raise Refusal(404, "no such charge")
    return shown(row)


def by_key(db: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    row = db.execute("SELECT * FROM charges WHERE idempotency_key = ?", (key,)).fetchone()
    return shown(row) if row else None


def shown(row: sqlite3.Row) -> dict[str, Any]:
    return {**{name: row[name] for name in ("id", "order_id", "amount_cents", "status")}, "currency": "EUR"}
