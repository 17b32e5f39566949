"""Orders in the database: how one is opened, paid and cancelled, and what that does to the stock."""

import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from scenarios.shop import carts
from scenarios.shop.flags import Flags
from scenarios.shop.pricing import total_cents
from scenarios.shop.web import Refusal

STATUSES = ("pending", "paid", "refunding", "cancelled")


@dataclass(frozen=True)
class Order:
    id: int
    customer_id: int
    status: str
    total_cents: int
    coupon: str | None
    opened_at: float  # Unix time
    payment_key: str
    charge_id: str | None

    def shown(self) -> dict[str, Any]:
        return {"order_id": self.id, "status": self.status, "total_cents": self.total_cents}


class Underway:
    """The orders that some request is working on: nobody else may settle them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[int] = set()

    def add(self, order_id: int) -> None:
        """To be called in the transaction that changes the order, so that nobody sees the one without the other."""
        with self._lock:
            self._ids.add(order_id)

    def discard(self, order_id: int) -> None:
        with self._lock:
            self._ids.discard(order_id)

    def __contains__(self, order_id: int) -> bool:
        with self._lock:
            return order_id in self._ids


def open_order(db: sqlite3.Connection, customer: int, flags: Flags) -> Order:
    """A pending order of what is in the cart. Raises Refusal (409): an empty cart, too little stock."""
    lines, coupon = carts.contents(db, customer)
    if not lines:
        raise Refusal(409, "the cart is empty")
    for line in lines:
        if line.stock < line.quantity:
            raise Refusal(409, f"not enough in stock: {line.name}")
    total = total_cents(lines, coupon, cap_discounts=flags.cap_discounts)
    row = db.execute(
        "INSERT INTO orders (customer_id, status, total_cents, coupon, opened_at, payment_key)"
        " VALUES (?, 'pending', ?, ?, ?, ?) RETURNING *",
        (customer, total, coupon.code if coupon else None, time.time(), uuid.uuid4().hex),
    ).fetchone()
    order = Order(*row)
    db.executemany(
        "INSERT INTO order_lines VALUES (?, ?, ?)", [(order.id, line.product_id, line.quantity) for line in lines]
    )
    if flags.reserve_stock:
        take_stock(db, order.id)
        carts.empty(db, customer)
    return order


def find(db: sqlite3.Connection, order_id: int, customer: int) -> Order:
    """The customer's order. Raises Refusal (404), also where it is somebody else's."""
    row = db.execute("SELECT * FROM orders WHERE id = ? AND customer_id = ?", (order_id, customer)).fetchone()
    if row is None:
        raise Refusal(404, f"no such order: {order_id}")
    return Order(*row)


def of_customer(db: sqlite3.Connection, customer: int) -> list[Order]:
    return [Order(*row) for row in db.execute("SELECT * FROM orders WHERE customer_id = ? ORDER BY id", (customer,))]


def unsettled(db: sqlite3.Connection) -> list[Order]:
    """Orders between two states, oldest first."""
    return [
        Order(*row) for row in db.execute("SELECT * FROM orders WHERE status IN ('pending', 'refunding') ORDER BY id")
    ]


def move(db: sqlite3.Connection, order_id: int, was: str, now: str, charge_id: str | None = None) -> bool:
    """Takes the order from one status to another; False, and nothing done, if it was in none such."""
    moved = db.execute(
        "UPDATE orders SET status = ?, charge_id = coalesce(?, charge_id) WHERE id = ? AND status = ?",
        (now, charge_id, order_id, was),
    )
    return moved.rowcount == 1


def refunded(db: sqlite3.Connection, order_id: int) -> None:
    """Ends a refund: the order is cancelled, its goods are on the shelf again."""
    if move(db, order_id, "refunding", "cancelled"):
        return_stock(db, order_id)


def take_stock(db: sqlite3.Connection, order_id: int) -> None:
    _change_stock(db, order_id, -1)


def return_stock(db: sqlite3.Connection, order_id: int) -> None:
    _change_stock(db, order_id, +1)


def _change_stock(db: sqlite3.Connection, order_id: int, sign: int) -> None:
    db.execute(
        "UPDATE products SET stock = stock + ? * quantity FROM order_lines"
        " WHERE order_id = ? AND product_id = products.id",
        (sign, order_id),
    )


def return_to_cart(db: sqlite3.Connection, order: Order) -> None:
    """Puts what a failed order held back into its customer's cart, beside what is there by now."""
    db.execute(
        "INSERT OR IGNORE INTO cart_items SELECT ?, product_id, quantity FROM order_lines WHERE order_id = ?",
        (order.customer_id, order.id),
    )
    if order.coupon:
        db.execute("INSERT OR IGNORE INTO cart_coupons VALUES (?, ?)", (order.customer_id, order.coupon))
