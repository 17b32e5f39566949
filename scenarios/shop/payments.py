"""The payments service: `python -m scenarios.shop.payments --listen 127.0.0.1:8001 --database FILE`."""

import argparse
import time
from pathlib import Path
from typing import NoReturn

from scenarios.shop import fields, ledger, server
from scenarios.shop.database import Database
from scenarios.shop.logs import Log
from scenarios.shop.metrics import Metrics, Points
from scenarios.shop.service import Service
from scenarios.shop.web import Refusal, Reply, Request, Route

_METHODS = [
    {"method": "card", "name": "Credit or debit card", "currencies": ["EUR"]},
    {"method": "transfer", "name": "Bank transfer", "currencies": ["EUR"]},
    {"method": "invoice", "name": "Invoice, 14 days", "currencies": ["EUR"]},
]


class Payments:
    def __init__(self, processing_s: float, log: Log) -> None:
        self._processing_s = processing_s
        self._log = log

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/methods", lambda _: Reply(200, {"methods": _METHODS})),
            Route("GET", "/charges", self._list),
            Route("POST", "/charges", self._charge),
            Route("POST", "/charges/{charge_id}/refund", self._refund),
            Route("PUT", "/voids/{key}", self._void),
        ]

    def _charge(self, request: Request) -> Reply:
        """201 with a new charge, 200 with the one already made under the same Idempotency-Key."""
        body = request.json()
        order_id = fields.integer(body, "order_id", 1, 10**15)
        amount_cents = fields.integer(body, "amount_cents", 1, 10**12)
        time.sleep(self._processing_s)  # the acquirer's part
        with request.db.transaction() as db:
            ledger.refuse_older(db, _order_time(request))
            new, charge = ledger.charge(db, order_id, amount_cents, request.headers.get("idempotency-key"))
        if new:
            self._log.info(f"charge for order {order_id} captured: {amount_cents / 100:.2f} EUR")
        return Reply(201 if new else 200, charge)

    def _refund(self, request: Request) -> Reply:
        with request.db.transaction() as db:
            ledger.refuse_older(db, _order_time(request))
            charge = ledger.refund(db, request.params["charge_id"])
        self._log.info(f"charge for order {charge['order_id']} refunded")
        return Reply(200, charge)

    def _void(self, request: Request) -> Reply:
        """200: no charge will ever be made under the key. 409 with the charge that was."""
        order_id = fields.integer(request.json(), "order_id", 1, 10**15)
        with request.db.transaction() as db:
            ledger.refuse_older(db, _order_time(request))
            made = ledger.void(db, request.params["key"], order_id)
        return Reply(409, made) if made else Reply(200, {"status": "void", "order_id": order_id})

    def _list(self, request: Request) -> Reply:
        wanted = request.query_value("order_id")
        if wanted is not None and not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 15):
            raise Refusal(422, "order_id: expected a whole number")
        with request.db.transaction() as db:
            rows = db.execute(
                "SELECT * FROM charges WHERE ? IS NULL OR order_id = ? ORDER BY made_at LIMIT 1000",
                (wanted, int(wanted or 0)),
            ).fetchall()
        return Reply(200, {"charges": [ledger.shown(row) for row in rows]})


def _order_time(request: Request) -> float | None:
    """When the order was opened, as its sender says. Raises Refusal (400)."""
    text = request.headers.get("x-order-time")
    try:
        return None if text is None else float(text)
    except ValueError:
        raise Refusal(400, "X-Order-Time: expected seconds since 1970") from None


def _charges_by_status(database: Database) -> Points:
    with database.session().transaction() as db:
        counts = dict(db.execute("SELECT status, count(*) FROM charges GROUP BY status").fetchall())
    return [((("status", status),), counts.get(status, 0)) for status in ("captured", "refunded")]


def _service(arguments: argparse.Namespace, log: Log) -> Service:
    database = Database(arguments.database, ledger.SCHEMA, ledger.fill)
    metrics = Metrics()
    metrics.gauge("charges", "Charges by status.", lambda: _charges_by_status(database))
    return Service(database, metrics, log, Payments(arguments.processing_ms / 1000, log).routes(), on_reset=())


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="payments", description="The demo shop's payments service.")
    parser.add_argument("--listen", type=server.address, default=("127.0.0.1", 8001), metavar="HOST:PORT")
    parser.add_argument("--database", type=Path, required=True, metavar="FILE")
    parser.add_argument("--processing-ms", type=int, default=12, metavar="N", help="that a charge takes")
    arguments = parser.parse_args()
    log = Log("payments")
    server.run("payments", arguments.listen, log, lambda: _service(arguments, log))


if __name__ == "__main__":
    main()
