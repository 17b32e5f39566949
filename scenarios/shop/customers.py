"""Customers over HTTP, to be recorded.

`python -m scenarios.shop.customers --target http://127.0.0.1:8000 --seed 1 --customers 60 --seconds 12`
"""

import argparse
import http.client
import json
import socket
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from scenarios.shop.visits import Action, Visit, day

_TIMEOUT_S = 10


class Customer:
    """One visit over one keep-alive connection, with the cookie the shop gave."""

    def __init__(self, host: str, port: int, visit: Visit) -> None:
        self.statuses: Counter[int] = Counter()
        self.trouble: str | None = None
        self._visit = visit
        self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        self._cookie = ""
        self._order_id: int | None = None

    def come(self, day_began_s: float) -> None:
        """Waits for the visit's time and makes it. What went wrong on the wire is in `trouble` afterwards."""
        time.sleep(max(0.0, day_began_s + self._visit.starts_s - time.monotonic()))
        try:
            for action in self._visit.actions:
                time.sleep(action.think_s)
                self._do(action)
        except (OSError, http.client.HTTPException) as error:
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._connection.close()

    def _do(self, action: Action) -> None:
        path = action.path
        if "{order_id}" in path:
            if self._order_id is None:  # the checkout failed: there is no order to look at
                return
            path = path.replace("{order_id}", str(self._order_id))
        self._connection.request(action.method, path, _encoded(action), self._headers(action))
        response = self._connection.getresponse()
        body = response.read()
        self.statuses[response.status] += 1
        self._cookie = (response.getheader("Set-Cookie") or self._cookie).partition(";")[0]
        if action.path == "/checkout" and response.status in (201, 202):
            self._order_id = json.loads(body)["order_id"]

    def _headers(self, action: Action) -> dict[str, str]:
        headers = {"User-Agent": "shop-customer/1", "Accept": "application/json"}
        if self._cookie:
            headers["Cookie"] = self._cookie
        if action.body is not None:
            headers["Content-Type"] = "application/json"
        return headers


def _encoded(action: Action) -> bytes | None:
    return None if action.body is None else json.dumps(action.body, ensure_ascii=False).encode()


def main() -> int:
    arguments = _parser().parse_args()
    host, port = arguments.target
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except OSError as error:
        print(
            f"customers: nothing answers at {host}:{port}: {error}; start the shop, or change --target", file=sys.stderr
        )
        return 3
    began_s = time.monotonic()
    customers = [Customer(host, port, visit) for visit in day(arguments.seed, arguments.customers, arguments.seconds)]
    threads = [threading.Thread(target=customer.come, args=(began_s,), daemon=True) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _report(customers, time.monotonic() - began_s)


def _report(customers: list[Customer], took_s: float) -> int:
    """Says how the day went; 1 if the wire failed anybody."""
    statuses = sum((customer.statuses for customer in customers), Counter[int]())
    counts = ", ".join(f"{status} x {count}" for status, count in sorted(statuses.items()))
    print(f"{len(customers)} customers, {statuses.total()} requests in {took_s:.1f} s: {counts or 'no answer'}")
    troubles = [customer.trouble for customer in customers if customer.trouble]
    if troubles:
        print(
            f"customers: {len(troubles)} of {len(customers)} could not finish; the first: {troubles[0]}",
            file=sys.stderr,
        )
    return 1 if troubles else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="customers", description="Polite customers for the demo shop.")
    parser.add_argument("--target", type=_target, required=True, metavar="URL", help="such as http://127.0.0.1:8000")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--customers", type=_at_least_one, default=60, metavar="N")
    parser.add_argument("--seconds", type=float, default=12.0, metavar="S", help="that the day lasts")
    return parser


def _target(text: str) -> tuple[str, int]:
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise argparse.ArgumentTypeError(f"expected a URL such as http://127.0.0.1:8000, got {text!r}")
    return parts.hostname, parts.port or 80


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
