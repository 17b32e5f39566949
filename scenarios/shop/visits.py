"""What the customers of a day do: a pure function of the seed.

Polite customers: each waits for every answer, nobody submits twice, what there is little of is wanted by one customer
only, and whoever has a coupon buys one or two pieces.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

_PLENTY = range(1, 16)  # ids of products with thousands in stock, most popular first
_CHEAP = (1, 2, 3, 4)
_SCARCE = ((16, 1), (17, 1), (18, 1), (19, 2))  # product id, all there is of it
_POPULARITY = [1 / rank for rank in range(1, len(_PLENTY) + 1)]  # Zipf's law
_NAMES = (
    "Ada",
    "Bo",
    "Zoë",
    "Łukasz",
    "Nguyễn Thị Hoa",
    "O'Brien",
    "李小龙",
    "عمر",
    "José 🙂",
    "Ingrid",
    "Søren",
    "Ana-Maria",
)

_ARRIVALS = 0.72  # of the day; the rest is for the last to finish
_LATE = (0.55, 0.70)  # of the day: when those who want the scarce things arrive
_BURSTS = (0.15, 0.45)  # of the day
_IN_BURSTS = 0.25  # of the customers
_BURST_LENGTH = 0.04  # of the day
_THINK = 0.028  # of the day: the mean between two requests of a customer


@dataclass(frozen=True)
class Action:
    """One request, `think_s` after the answer to the one before. `{order_id}` in a path is the last order's."""

    think_s: float
    method: str
    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Visit:
    """One customer's session. `starts_s` counts from the day's beginning."""

    starts_s: float
    kind: str
    actions: tuple[Action, ...]


Step = tuple[str, str, dict[str, Any] | None]


def day(seed: int, customers: int, seconds: float) -> tuple[Visit, ...]:
    """The visits of a day that lasts `seconds`, in the order they start."""
    rng = random.Random(seed)  # noqa: S311  # the same customers for the same seed
    visits = [_visit(rng, number, kind, seconds) for number, kind in enumerate(_kinds(rng, customers), 1)]
    return tuple(sorted(visits, key=lambda visit: visit.starts_s))


def _kinds(rng: random.Random, customers: int) -> list[str]:
    """One of each kind as far as there are customers for it, then by their weights; in no order."""
    scarce = [f"collector of {product}" for product, _ in _SCARCE]
    kinds = ["buyer", scarce[0], "saver", "wholesaler", *scarce[1:], *_WEIGHTS][:customers]
    kinds += rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=customers - len(kinds))
    rng.shuffle(kinds)
    return kinds


def _visit(rng: random.Random, number: int, kind: str, seconds: float) -> Visit:
    starts_s = _arrival(rng, kind) * seconds
    steps = list(_steps(rng, number, kind))
    # Nobody thinks for longer than three times the mean: the day has an end.
    thinks_s = [min(rng.expovariate(1.0), 3.0) * _THINK * seconds for _ in steps]
    longest_s = (1 - _ARRIVALS) * seconds
    scale = min(1.0, longest_s / max(sum(thinks_s), 1e-9))
    actions = (Action(think_s * scale, *step) for think_s, step in zip(thinks_s, steps, strict=True))
    return Visit(starts_s, kind, tuple(actions))


def _arrival(rng: random.Random, kind: str) -> float:
    """When the customer comes, as a share of the day."""
    if kind.startswith("collector"):
        return rng.uniform(*_LATE)
    if rng.random() < _IN_BURSTS:
        return rng.choice(_BURSTS) + rng.uniform(0, _BURST_LENGTH)
    return rng.uniform(0, _ARRIVALS)


def _steps(rng: random.Random, number: int, kind: str) -> Iterator[Step]:
    yield "GET", "/products", None
    if kind.startswith("collector"):
        product, quantity = next(pair for pair in _SCARCE if kind.endswith(f" {pair[0]}"))
        yield "GET", f"/products/{product}", None
        yield _signup(rng, number)
        yield _add(product, quantity)
        yield from _pay(rng)
        return
    for product in _some(rng, rng.choice((1, 1, 2, 3))):
        yield "GET", f"/products/{product}", None
    yield from _KINDS[kind](rng, number)


def _browser(rng: random.Random, number: int) -> Iterator[Step]:
    if rng.random() < 0.5:
        yield "GET", "/payment-methods", None
    yield "GET", "/products", None


def _looker(rng: random.Random, number: int) -> Iterator[Step]:
    """Signs up, and finds the cart empty and no orders."""
    yield _signup(rng, number)
    yield "GET", "/cart", None
    yield "GET", "/orders", None


def _buyer(rng: random.Random, number: int) -> Iterator[Step]:
    yield _signup(rng, number)
    for product in _some(rng, rng.choice((1, 1, 2))):
        yield _add(product, rng.choice((1, 1, 1, 2, 3)))
    if rng.random() < 0.5:
        yield "GET", "/cart", None
    yield from _pay(rng)


def _waverer(rng: random.Random, number: int) -> Iterator[Step]:
    first, second = _some(rng, 2)
    yield _signup(rng, number)
    yield _add(first, 1)
    yield "DELETE", f"/cart/items/{first}", None
    yield _add(second, 2)
    yield from _pay(rng)


def _saver(rng: random.Random, number: int) -> Iterator[Step]:
    """Has a coupon, and buys little."""
    yield _signup(rng, number)
    yield _add(rng.choice(_CHEAP), rng.choice((1, 2)))
    yield "POST", "/cart/coupon", {"code": rng.choice(("WELCOME10", "TENPLUS", "TENPLUS"))}
    yield from _pay(rng)


def _wholesaler(rng: random.Random, number: int) -> Iterator[Step]:
    """Buys much, and has no coupon."""
    yield _signup(rng, number)
    yield _add(rng.choice(_PLENTY), rng.choice((12, 40)))
    yield from _pay(rng)


def _returner(rng: random.Random, number: int) -> Iterator[Step]:
    """Buys, and logs in again to look at the orders."""
    signup = _signup(rng, number)
    yield signup
    yield _add(_some(rng, 1)[0], 1)
    yield from _pay(rng)
    account = signup[2] or {}
    yield "POST", "/login", {"email": account["email"], "password": account["password"]}
    yield "GET", "/orders", None


def _regretter(rng: random.Random, number: int) -> Iterator[Step]:
    yield from _buyer(rng, number)
    yield "POST", "/orders/{order_id}/cancel", None
    yield "GET", "/orders/{order_id}", None


_KINDS: dict[str, Callable[[random.Random, int], Iterator[Step]]] = {
    "buyer": _buyer,
    "browser": _browser,
    "looker": _looker,
    "waverer": _waverer,
    "saver": _saver,
    "wholesaler": _wholesaler,
    "returner": _returner,
    "regretter": _regretter,
}
_WEIGHTS = {
    "buyer": 50, "saver": 12, "browser": 10, "returner": 8, "waverer": 6, "wholesaler": 5, "looker": 5, "regretter": 4,
}  # fmt: skip


def _signup(rng: random.Random, number: int) -> Step:
    body = {
        "email": f"customer{number}@example.org",
        "name": rng.choice(_NAMES),
        "password": f"{rng.getrandbits(48):012x}",
    }
    return "POST", "/signup", body


def _add(product: int, quantity: int) -> Step:
    return "POST", "/cart/items", {"product_id": product, "quantity": quantity}


def _pay(rng: random.Random) -> Iterator[Step]:
    yield "GET", "/payment-methods", None
    yield "POST", "/checkout", {}
    if rng.random() < 0.7:
        yield "GET", "/orders/{order_id}", None


def _some(rng: random.Random, count: int) -> list[int]:
    """Different products, the popular ones more often."""
    chosen: list[int] = []
    weights = list(accumulate(_POPULARITY))
    while len(chosen) < count:
        product = rng.choices(_PLENTY, cum_weights=weights)[0]
        if product not in chosen:
            chosen.append(product)
    return chosen
