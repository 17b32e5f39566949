"""The storefront: `python -m scenarios.shop.storefront --listen 127.0.0.1:8000 --database FILE --payments URL`."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from scenarios.shop import accounts, catalogue, server
from scenarios.shop.aftersales import AfterSales
from scenarios.shop.carts import Carts
from scenarios.shop.checkout import Checkout
from scenarios.shop.database import Database
from scenarios.shop.flags import Flags
from scenarios.shop.logs import Log
from scenarios.shop.metrics import Metrics, Points
from scenarios.shop.orders import STATUSES, Underway
from scenarios.shop.payments_client import Options, PaymentsClient
from scenarios.shop.reconciler import Reconciler
from scenarios.shop.schema import SCHEMA, fill
from scenarios.shop.service import Service

_POOL_WAIT_S = 0.3


def main() -> NoReturn:
    arguments = _parser().parse_args()
    try:
        flags = Flags.from_environment(os.environ)
    except ValueError as error:
        print(f"storefront: {error}", file=sys.stderr)
        sys.exit(2)
    log = Log("storefront")
    server.run("storefront", arguments.listen, log, lambda: _service(arguments, flags, log))


def _service(arguments: argparse.Namespace, flags: Flags, log: Log) -> Service:
    database = Database(arguments.database, SCHEMA, fill)
    metrics = Metrics()
    metrics.gauge("orders", "Orders by status.", lambda: _orders_by_status(database))
    payments = PaymentsClient(_options(arguments), flags, metrics, log)
    underway = Underway()
    routes = [
        *catalogue.routes(),
        *accounts.routes(),
        *Carts(flags).routes(),
        *Checkout(payments, underway, flags, log).routes(),
        *AfterSales(payments, underway, flags, log).routes(),
    ]
    if flags.settle_unknown:
        Reconciler(database, payments, underway, log).start()
    return Service(database, metrics, log, routes, on_reset=(payments.reset,))


def _options(arguments: argparse.Namespace) -> Options:
    host, port = arguments.payments
    return Options(
        host=host,
        port=port,
        timeout_s=arguments.timeout_ms / 1000,
        retries=arguments.retries,
        pool_size=arguments.pool_size,
        pool_wait_s=_POOL_WAIT_S,
    )


def _orders_by_status(database: Database) -> Points:
    with database.session().transaction() as db:
        counts = dict(db.execute("SELECT status, count(*) FROM orders GROUP BY status").fetchall())
    return [((("status", status),), counts.get(status, 0)) for status in STATUSES]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="storefront", description="The demo shop's storefront.")
    parser.add_argument("--listen", type=server.address, default=("127.0.0.1", 8000), metavar="HOST:PORT")
    parser.add_argument("--database", type=Path, required=True, metavar="FILE")
    parser.add_argument("--payments", type=_url, required=True, metavar="URL", help="such as http://127.0.0.1:8001")
    parser.add_argument("--timeout-ms", type=int, default=200, metavar="N", help="of one request to payments")
    parser.add_argument("--retries", type=int, default=2, metavar="N", help="of one call to payments")
    parser.add_argument("--pool-size", type=int, default=8, metavar="N", help="connections to payments at most")
    return parser


def _url(text: str) -> tuple[str, int]:
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise argparse.ArgumentTypeError(f"expected a URL such as http://127.0.0.1:8001, got {text!r}")
    return parts.hostname, parts.port or 80


if __name__ == "__main__":
    main()
