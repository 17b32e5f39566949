"""A calm run of a service with everything in it that makes answers differ from run to run, as data."""

import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple

import pytest

from replayer.comparing.comparer import Compared, Comparer
from replayer.comparing.masks import Masks
from replayer.comparing.met import Met
from replayer.outcome import Answer, Attempt, Outcome

NAMES = ("Ada Lovelace", "Grace Hopper", "Mary Somerville", "Emmy Noether")
GOODS = ("green tea", "black tea", "white tea", "oolong", "rooibos", "mate", "sencha", "matcha")


class Said(NamedTuple):
    """A step with what it was answered."""

    step: str
    route: str
    met: Met


def answer(body: object = None, *, status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = (("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return Answer(status=status, headers=named, body=raw, body_bytes=len(raw))


@pytest.fixture(name="answer")
def _answer() -> Callable[..., Answer]:
    return answer


class Shop:
    """Six customers' visits: what they do is always the same; ids, times, tokens and some orders are the run's own."""

    def __init__(self, run: int) -> None:
        self.rng = random.Random(run)
        self.now = datetime(2026, 11, 1 + run, 9, run, tzinfo=UTC)
        self.said: list[Said] = []
        self.orders: list[dict[str, Any]] = []
        self.first_number = 1_000 + 37 * run
        self.goods = [(self.id(), name, 250 + 35 * nth) for nth, name in enumerate(GOODS)]

    def id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def hex(self, chars: int) -> str:
        return f"{self.rng.getrandbits(4 * chars):0{chars}x}"

    def say(self, route: str, body: object, **more: Any) -> None:
        self.now += timedelta(seconds=self.rng.uniform(0.01, 2))
        said = answer(body, Date=format_datetime(self.now, usegmt=True), X_Request_Id=self.hex(16), **more)
        self.said.append(Said(f"s{len(self.said) + 1}", route, Met(answer=said)))

    def time(self) -> str:
        return self.now.isoformat().replace("+00:00", "Z")

    def visit(self, nth: int) -> None:
        name = NAMES[nth % len(NAMES)]
        user = {"id": self.id(), "name": name, "mail": f"{name.split()[0].lower()}@example.com", "vip": nth % 3 == 0}
        sid = f"sid={self.hex(32)}; Path=/; HttpOnly; Max-Age=3600"
        login = {"token": self.hex(40), "user": user, "expires_at": self.time()}
        self.say("POST /sessions", login, status=201, Set_Cookie=sid)
        self.list_goods()
        order = self.buy(user, nth)
        self.say("GET /orders/{id}", {**order, "read_at": self.time()}, ETag=f'"{self.hex(12)}"')
        self.say(
            "GET /orders", {"orders": self.orders[-3:], "total": len(self.orders)}, X_Total_Count=str(len(self.orders))
        )
        self.say("GET /account", self.page(user), kind="text/html; charset=utf-8")
        self.say("POST /pay", f"status=ok&txn={self.hex(20)}&amount={order['total']}".encode(),
                 kind="application/x-www-form-urlencoded")  # fmt: skip
        self.say("GET /orders/{id}/invoice", b"%PDF-1.7\0" + bytes(range(64)), kind="application/pdf")
        self.say("GET /nothing", {"error": "no such thing", "code": 404}, status=404)

    def list_goods(self) -> None:
        items = [{"id": of, "name": name, "price": price, "tags": ["tea", name[:3]]} for of, name, price in self.goods]
        self.say("GET /goods", {"items": items, "next": None, "currency": "EUR"}, Cache_Control="max-age=60")
        shuffled = list(items)
        self.rng.shuffle(shuffled)
        self.say("GET /search", {"hits": shuffled, "took_ms": round(self.rng.uniform(0.5, 9), 3)})
        self.say("GET /stock", {"stock": {of: {"name": name, "left": price % 17} for of, name, price in self.goods}})
        lines = ["name;price", *(f"{name};{price / 100:.2f}" for _, name, price in self.goods)]
        self.say("GET /goods.csv", "\n".join(lines).encode(), kind="text/csv")

    def buy(self, user: dict[str, Any], nth: int) -> dict[str, Any]:
        lines = [{"good_id": of, "quantity": 1 + (nth + at) % 3, "price": price}
                 for at, (of, _, price) in enumerate(self.goods[nth % 4 : nth % 4 + 3])]  # fmt: skip
        total = sum(line["quantity"] * line["price"] for line in lines)
        order = {"id": self.id(), "number": self.first_number + len(self.orders), "customer_id": user["id"],
                 "created_at": self.time(), "state": "paid", "lines": lines, "gift": False, "note": None,
                 "total": total, "weight_kg": 0.25 * len(lines)}  # fmt: skip
        self.orders.append(order)
        self.say(
            "POST /orders",
            order,
            status=201,
            Location=f"http://shop.test:80{self.first_number % 90}/orders/{order['id']}",
        )
        return order

    def page(self, user: dict[str, Any]) -> bytes:
        rows = "".join(f"<tr><td>{order['state']}</td><td>{order['total']}</td></tr>\n" for order in self.orders[-2:])
        return (
            f"<!doctype html>\n<title>Account</title>\n<h1>Hello {user['name']}</h1>\n<form method=post>"
            f'<input type="hidden" name="csrf" value="{self.hex(32)}"><input name="mail" value="{user["mail"]}">'
            f"<button>Save</button></form>\n<table>\n{rows}</table>\n"
            f"<footer>made in {self.rng.randint(2, 90)} ms</footer>\n"
        ).encode()


def run_of(run: int) -> list[Said]:
    shop = Shop(run)
    for nth in range(6):
        shop.visit(nth)
    return shop.said


@pytest.fixture(name="run_of", scope="session")
def _run_of() -> Callable[[int], list[Said]]:
    """The steps of one calm run, with what they were answered; the same number gives the same run."""
    return run_of


def outcome_of(said: Said) -> Outcome:
    error = said.met.error
    status = said.met.answer.status if said.met.answer else None
    return Outcome(
        step=said.step,
        session="a",
        route=said.route,
        due_s=0.0,
        sent_s=0.0,
        ended_s=0.01,
        attempts=(Attempt(sent_s=0.0, ended_s=0.01, status=status, error=error),),
        answer=said.met.answer,
    )


@pytest.fixture(name="outcome_of", scope="session")
def _outcome_of() -> Callable[[Said], Outcome]:
    return outcome_of


@pytest.fixture(scope="session")
def compared() -> Callable[[list[Said], list[Said], Masks], Compared]:
    """What comes of comparing a run with another under masks."""

    def compare(was: list[Said], now: list[Said], masks: Masks) -> Compared:
        comparer = Comparer(masks)
        for before, after in zip(was, now, strict=True):
            comparer.meet(outcome_of(after), before.met)
        return comparer.result()

    return compare
