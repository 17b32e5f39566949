"""A bank's transfers: Basic credentials, whole numbers for accounts, an Idempotency-Key for each transfer.

An attempt is remembered by its key once it has been answered; attempts with one key wait for each other.
Planted: the ledger is not told the key, so what it did before its answer was lost is done again.
"""

import base64
import hashlib
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text, whole


@dataclass(frozen=True)
class Customer:
    email: str
    digest: bytes
    account: int


@dataclass(frozen=True)
class Answered:
    """What was said to the first request with a key, and what it had asked for."""

    asked: dict[str, Any]
    reply: Reply


@dataclass
class State:
    customers: dict[str, Customer] = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with self._locks[name]:
            yield


class Bank:
    def __init__(self, ledger: Partner, fixed: bool) -> None:
        self._ledger = ledger
        self._fixed = fixed

    def join(self, request: Request) -> Reply:
        """A customer with an account that has 1,000.00 on it."""
        body = request.json()
        user, password = text(body, "email", 80), text(body, "password")
        if ":" in user or "@" not in user:
            raise Refusal(422, "email: expected an address")
        with request.state.alone(f"user {user}"):
            if user in request.state.customers:
                raise Refusal(409, "there is a customer with this address")
            _, account = self._asked(request, "POST", "/accounts", {"cents": 100_000})
            request.state.customers[user] = Customer(user, _digest(password), account["account"])
        return Reply(201, {"email": user, "account": account["account"]})

    def account(self, request: Request) -> Reply:
        customer = _customer(request)
        if request.params["account"] != str(customer.account):
            raise Refusal(404, "no such account of yours")
        _, account = self._asked(request, "GET", f"/accounts/{customer.account}")
        return Reply(200, account)

    def transfers(self, request: Request) -> Reply:
        _, found = self._asked(request, "GET", f"/entries?account={_customer(request).account}")
        return Reply(200, {"transfers": found["entries"]})

    def transfer(self, request: Request) -> Reply:
        account, number = _customer(request).account, request.params["id"]
        status, entry = self._asked(request, "GET", f"/entries/{number}") if number.isdigit() else (404, {})
        if status != 200 or account not in (entry["debit"], entry["credit"]):
            raise Refusal(404, "no such transfer of yours")
        return Reply(200, entry)

    def make(self, request: Request) -> Reply:
        customer, body = _customer(request), request.json()
        key = request.headers.get("idempotency-key", "")
        if not 8 <= len(key) <= 80:
            raise Refusal(400, "Idempotency-Key: expected 8 to 80 characters")
        asked = {
            "debit": customer.account,
            "credit": whole(body, "to", 1, 10**12),
            "cents": whole(body, "cents", 1, 10**9),
            "reference": text(body, "reference", 140),
        }
        key = f"{customer.email} {key}"
        with request.state.alone(f"key {key}"):
            known: Answered | None = request.state.answered.get(key)
            if known is None:
                known = Answered(asked, self._made(request, asked, key))
                request.state.answered[key] = known
        if known.asked != asked:
            raise Refusal(422, "the Idempotency-Key was used for another transfer")
        return known.reply

    def _made(self, request: Request, asked: dict[str, Any], key: str) -> Reply:
        entry = {**asked, "key": key} if self._fixed else asked
        status, said = self._asked(request, "POST", "/entries", entry)
        return Reply(status, said)

    def _asked(self, request: Request, method: str, path: str, payload: Any = None) -> tuple[int, Any]:
        try:
            return self._ledger.ask(method, path, payload, traced(request.headers))
        except Unreachable:
            raise Refusal(504, "the ledger does not answer; try again") from None


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()


def _customer(request: Request) -> Customer:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(credentials).decode().partition(":")
    except ValueError:
        raise Refusal(401, "Basic credentials, please") from None
    customer: Customer | None = request.state.customers.get(user)
    if scheme.lower() != "basic" or customer is None or customer.digest != _digest(password):
        raise Refusal(401, "user or password is wrong")
    return customer


if __name__ == "__main__":
    asked = arguments(ledger="URL of the ledger")
    bank = Bank(Partner(asked.ledger, 0.4), is_fixed())
    routes = {
        "POST /customers": bank.join,
        "GET /accounts/{account}": bank.account,
        "POST /transfers": bank.make,
        "GET /transfers": bank.transfers,
        "GET /transfers/{id}": bank.transfer,
    }
    serve(App(State, routes), asked.port)
