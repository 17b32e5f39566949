"""POST /checkout and GET /payment-methods: from a cart to a paid order."""

from scenarios.shop import carts, orders
from scenarios.shop.accounts import customer_of
from scenarios.shop.database import Session
from scenarios.shop.flags import Flags
from scenarios.shop.logs import Log
from scenarios.shop.orders import Order, Underway
from scenarios.shop.payments_client import PaymentsClient, Unavailable
from scenarios.shop.web import Refusal, Reply, Request, Route


class Checkout:
    def __init__(self, payments: PaymentsClient, underway: Underway, flags: Flags, log: Log) -> None:
        self._payments = payments
        self._underway = underway
        self._flags = flags
        self._log = log

    def routes(self) -> list[Route]:
        return [Route("GET", "/payment-methods", self._methods), Route("POST", "/checkout", self._check_out)]

    def _methods(self, request: Request) -> Reply:
        try:
            answer = self._payments.methods()
        except Unavailable as failure:
            raise Refusal(503, str(failure)) from None
        return Reply(answer.status, answer.json())

    def _check_out(self, request: Request) -> Reply:
        """201 with the paid order, 202 while its payment is in doubt; 402 refused, 409 none to buy, 503 no payments."""
        with request.db.transaction() as db:
            order = orders.open_order(db, customer_of(request, db), self._flags)
            self._underway.add(order.id)
        try:
            return self._pay(request.db, order)
        finally:
            self._underway.discard(order.id)

    def _pay(self, session: Session, order: Order) -> Reply:
        if order.total_cents <= 0:  # nothing to charge
            self._take_stock(session, order)
            return self._paid(session, order, None)
        try:
            answer = self._payments.charge(order)
        except Unavailable as failure:
            if failure.in_doubt and self._flags.settle_unknown:
                self._log.warn(f"order {order.id}: its payment is in doubt and will be settled")
                return Reply(202, order.shown())
            return self._failed(session, order, 503, str(failure))
        if answer.status not in (200, 201):
            return self._failed(session, order, 402, "payment refused")
        self._take_stock(session, order)
        return self._paid(session, order, answer.json()["id"])

    def _take_stock(self, session: Session, order: Order) -> None:
        """What is charged is sold, unless it was set aside for the order from the start."""
        if not self._flags.reserve_stock:
            with session.transaction() as db:
                orders.take_stock(db, order.id)

    def _paid(self, session: Session, order: Order, charge_id: str | None) -> Reply:
        with session.transaction() as db:
            orders.move(db, order.id, "pending", "paid", charge_id)
            if not self._flags.reserve_stock:
                carts.empty(db, order.customer_id)
            paid = orders.find(db, order.id, order.customer_id)
        self._log.info(f"order {order.id} paid: {order.total_cents / 100:.2f} EUR")
        return Reply(201, paid.shown())

    def _failed(self, session: Session, order: Order, status: int, why: str) -> Reply:
        """Cancels the order; what it held goes back to the shelf and the cart."""
        with session.transaction() as db:
            orders.move(db, order.id, "pending", "cancelled")
            if self._flags.reserve_stock:
                orders.return_stock(db, order.id)
                orders.return_to_cart(db, order)
        self._log.info(f"order {order.id} cancelled: {why}")
        return Reply(status, {"error": why, "order_id": order.id})
