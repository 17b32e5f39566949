"""Settles what a request had to leave open: payments and refunds whose answer never came."""

import threading
import time

from scenarios.shop import orders
from scenarios.shop.database import Database, Session, Superseded
from scenarios.shop.logs import Log
from scenarios.shop.orders import Order, Underway
from scenarios.shop.payments_client import PaymentsClient, Unavailable

_EVERY_S = 0.1


class Reconciler:
    """Asks payments, ten times a second while anything is open, what became of each order nobody is working on."""

    def __init__(self, database: Database, payments: PaymentsClient, underway: Underway, log: Log) -> None:
        self._database = database
        self._payments = payments
        self._underway = underway
        self._log = log

    def start(self) -> None:
        threading.Thread(target=self._run, name="reconciler", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_EVERY_S)
            try:
                self.settle_all(self._database.session())
            except (Unavailable, Superseded):
                continue  # the network is not well yet, or there is nothing left to settle: look again
            except Exception as error:  # noqa: BLE001  # a settler that ended for one odd order would settle none
                self._log.error(f"settling failed: {type(error).__name__}: {error}")

    def settle_all(self, session: Session) -> None:
        """One round, oldest order first. Raises Unavailable at the first that payments doesn't answer for."""
        with session.transaction() as db:
            left = [order for order in orders.unsettled(db) if order.id not in self._underway]
        for order in left:
            if order.status == "pending":
                self._settle_payment(session, order)
            else:
                self._settle_refund(session, order)

    def _settle_payment(self, session: Session, order: Order) -> None:
        answer = self._payments.void(order)
        if answer.status == 409:
            with session.transaction() as db:
                orders.move(db, order.id, "pending", "paid", answer.json()["id"])
            self._log.info(f"order {order.id} paid: its charge had been made")
        elif answer.status in (200, 410):
            with session.transaction() as db:
                if orders.move(db, order.id, "pending", "cancelled"):
                    orders.return_stock(db, order.id)
            self._log.info(f"order {order.id} cancelled: its charge was never made")
        else:
            self._log.error(f"order {order.id}: payments answered {answer.status} to a void")

    def _settle_refund(self, session: Session, order: Order) -> None:
        answer = self._payments.refund(order)
        if answer.status not in (200, 410):
            self._log.error(f"order {order.id}: payments answered {answer.status} to a refund")
            return
        with session.transaction() as db:
            orders.refunded(db, order.id)
        self._log.info(f"order {order.id} cancelled: its refund is through")
