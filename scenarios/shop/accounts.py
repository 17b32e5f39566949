"""Customers: POST /signup, POST /login, and who a request is from."""

import hashlib
import hmac
import secrets
import sqlite3

from scenarios.shop import fields
from scenarios.shop.web import Refusal, Reply, Request, Route

_COOKIE = "sid"
_ROUNDS = 1000  # few, as this runs on a laptop beside a load test


def routes() -> list[Route]:
    return [Route("POST", "/signup", _sign_up), Route("POST", "/login", _log_in)]


def customer_of(request: Request, db: sqlite3.Connection) -> int:
    """The id of the customer who is logged in. Raises Refusal (401)."""
    token = request.cookie(_COOKIE)
    row = db.execute("SELECT customer_id FROM logins WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise Refusal(401, "log in first")
    return int(row["customer_id"])


def _sign_up(request: Request) -> Reply:
    """A new customer, who is logged in at once."""
    body = request.json()
    email, name, password = fields.text(body, "email"), fields.text(body, "name"), fields.text(body, "password")
    salt = secrets.token_bytes(16)
    digest = _digest(password, salt)
    with request.db.transaction() as db:
        try:
            row = db.execute(
                "INSERT INTO customers (email, name, salt, password) VALUES (?, ?, ?, ?) RETURNING id",
                (email, name, salt, digest),
            ).fetchone()
        except sqlite3.IntegrityError:
            raise Refusal(409, "there is an account with this address") from None
        return _logged_in(db, 201, row["id"], name)


def _log_in(request: Request) -> Reply:
    body = request.json()
    email, password = fields.text(body, "email"), fields.text(body, "password")
    with request.db.transaction() as db:
        row = db.execute("SELECT * FROM customers WHERE email = ?", (email,)).fetchone()
    if row is None or not hmac.compare_digest(row["password"], _digest(password, row["salt"])):
        raise Refusal(401, "address or password is wrong")
    with request.db.transaction() as db:
        return _logged_in(db, 200, row["id"], row["name"])


def _logged_in(db: sqlite3.Connection, status: int, customer_id: int, name: str) -> Reply:
    token = secrets.token_hex(16)
    db.execute("INSERT INTO logins VALUES (?, ?)", (token, customer_id))
    cookie = f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
    return Reply(status, {"customer_id": customer_id, "name": name}, {"Set-Cookie": cookie})


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
