"""The cart: POST /cart/items, DELETE /cart/items/{product_id}, POST /cart/coupon, GET /cart."""

import sqlite3

from scenarios.shop import fields
from scenarios.shop.accounts import customer_of
from scenarios.shop.catalogue import product
from scenarios.shop.flags import Flags
from scenarios.shop.pricing import Coupon, Line, total_cents
from scenarios.shop.web import Refusal, Reply, Request, Route

_MOST_OF_ONE = 100  # pieces


class Carts:
    def __init__(self, flags: Flags) -> None:
        self._flags = flags

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/cart", self._show),
            Route("POST", "/cart/items", self._add),
            Route("DELETE", "/cart/items/{product_id}", self._remove),
            Route("POST", "/cart/coupon", self._coupon),
        ]

    def _show(self, request: Request) -> Reply:
        with request.db.transaction() as db:
            return self._shown(db, customer_of(request, db), 200)

    def _add(self, request: Request) -> Reply:
        body = request.json()
        product_id = fields.integer(body, "product_id", 1, 10**9)
        quantity = fields.integer(body, "quantity", 1, _MOST_OF_ONE)
        with request.db.transaction() as db:
            customer = customer_of(request, db)
            product(db, product_id)
            total = db.execute(
                "INSERT INTO cart_items VALUES (?, ?, ?) ON CONFLICT (customer_id, product_id)"
                " DO UPDATE SET quantity = quantity + excluded.quantity RETURNING quantity",
                (customer, product_id, quantity),
            ).fetchone()["quantity"]
            if total > _MOST_OF_ONE:
                raise Refusal(422, f"quantity: at most {_MOST_OF_ONE} of one product in a cart")
            return self._shown(db, customer, 201)

    def _remove(self, request: Request) -> Reply:
        with request.db.transaction() as db:
            customer = customer_of(request, db)
            product_id = request.number("product_id")
            gone = db.execute(
                "DELETE FROM cart_items WHERE customer_id = ? AND product_id = ?", (customer, product_id)
            ).rowcount
            if not gone:
                raise Refusal(404, f"not in the cart: {product_id}")
            return self._shown(db, customer, 200)

    def _coupon(self, request: Request) -> Reply:
        code = fields.text(request.json(), "code", 40)
        with request.db.transaction() as db:
            customer = customer_of(request, db)
            if not db.execute("SELECT 1 FROM coupons WHERE code = ?", (code,)).fetchone():
                raise Refusal(404, f"no such coupon: {code}")
            db.execute("INSERT OR REPLACE INTO cart_coupons VALUES (?, ?)", (customer, code))
            return self._shown(db, customer, 200)

    def _shown(self, db: sqlite3.Connection, customer: int, status: int) -> Reply:
        lines, coupon = contents(db, customer)
        items = [{"product_id": line.product_id, "name": line.name, "quantity": line.quantity} for line in lines]
        total = total_cents(lines, coupon, cap_discounts=self._flags.cap_discounts)
        return Reply(status, {"items": items, "coupon": coupon.code if coupon else None, "total_cents": total})


def contents(db: sqlite3.Connection, customer: int) -> tuple[list[Line], Coupon | None]:
    """The lines of a customer's cart, in the order of the catalogue, and the coupon in it."""
    rows = db.execute(
        "SELECT product_id, name, price_cents, stock, quantity FROM cart_items"
        " JOIN products ON products.id = product_id WHERE customer_id = ? ORDER BY product_id",
        (customer,),
    )
    lines = [Line(*row) for row in rows]
    row = db.execute(
        "SELECT coupons.* FROM coupons JOIN cart_coupons USING (code) WHERE customer_id = ?", (customer,)
    ).fetchone()
    return lines, Coupon(*row) if row else None


def empty(db: sqlite3.Connection, customer: int) -> None:
    db.execute("DELETE FROM cart_items WHERE customer_id = ?", (customer,))
    db.execute("DELETE FROM cart_coupons WHERE customer_id = ?", (customer,))
