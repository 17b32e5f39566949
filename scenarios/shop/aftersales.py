"""Orders as their customers see them: GET /orders, GET /orders/{order_id}, POST /orders/{order_id}/cancel."""

from scenarios.shop import orders
from scenarios.shop.accounts import customer_of
from scenarios.shop.database import Session
from scenarios.shop.flags import Flags
from scenarios.shop.logs import Log
from scenarios.shop.orders import Order, Underway
from scenarios.shop.payments_client import PaymentsClient, Unavailable
from scenarios.shop.web import Refusal, Reply, Request, Route


class AfterSales:
    def __init__(self, payments: PaymentsClient, underway: Underway, flags: Flags, log: Log) -> None:
        self._payments = payments
        self._underway = underway
        self._flags = flags
        self._log = log

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/orders", self._list),
            Route("GET", "/orders/{order_id}", self._one),
            Route("POST", "/orders/{order_id}/cancel", self._cancel),
        ]

    def _list(self, request: Request) -> Reply:
        with request.db.transaction() as db:
            found = orders.of_customer(db, customer_of(request, db))
        return Reply(200, {"orders": [order.shown() for order in found]})

    def _one(self, request: Request) -> Reply:
        with request.db.transaction() as db:
            return Reply(200, orders.find(db, request.number("order_id"), customer_of(request, db)).shown())

    def _cancel(self, request: Request) -> Reply:
        """200 once the money is back; 202 while that is in doubt; 409 if the order isn't paid; 503 try again."""
        with request.db.transaction() as db:
            order = orders.find(db, request.number("order_id"), customer_of(request, db))
            if not orders.move(db, order.id, "paid", "refunding"):
                raise Refusal(409, f"only a paid order can be cancelled; this one is {order.status}")
            self._underway.add(order.id)
        try:
            return self._refund(request.db, order)
        finally:
            self._underway.discard(order.id)

    def _refund(self, session: Session, order: Order) -> Reply:
        try:
            refused = order.charge_id is not None and self._payments.refund(order).status != 200
        except Unavailable:
            if self._flags.settle_unknown:
                self._log.warn(f"order {order.id}: its refund is in doubt and will be settled")
                return Reply(202, {**order.shown(), "status": "refunding"})
            refused = True
        except Exception:
            if not self._flags.settle_unknown:
                self._still_paid(session, order)
            raise
        if refused:
            self._still_paid(session, order)
            raise Refusal(503, "the refund did not go through; try again later")
        with session.transaction() as db:
            orders.refunded(db, order.id)
        self._log.info(f"order {order.id} cancelled by its customer")
        return Reply(200, {**order.shown(), "status": "cancelled"})

    def _still_paid(self, session: Session, order: Order) -> None:
        with session.transaction() as db:
            orders.move(db, order.id, "refunding", "paid")
