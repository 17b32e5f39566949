"""Customers who pay, each transfer with a key of its own, and look at their accounts afterwards."""

import base64
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_REFERENCES = ("Rent 05/2026", "Strom & Gas, Kd.-Nr. 00417", "für Oma ❤", "INV#2026-0099", "déjeuner", "水道料金")
_USERS = ("ada.lovelace+bank", "j.o-brien", "zoe_", "r.k.narayan", "IngridB", "x")
_HOUSE = (70001, 70001, 70001, 70002, 70003)


def visit(client: Client, number: int) -> None:
    rng = client.rng
    user, password = f"{rng.choice(_USERS)}{number}@mail.example", f"{rng.getrandbits(56):x}"
    joined = client.send("POST", "/customers", {"email": user, "password": password}, expect=201)
    client.headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    client.send("GET", f"/accounts/{joined['account']}", expect=200)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        made = _pay(client, rng.choice(_HOUSE), rng.choice((1, 499, 1250, 9_999, 30_000)), 201)
        client.send("GET", f"/transfers/{made['id']}", expect=200)
    if number % 7 == 3:
        _pay(client, 70001, 9_000_000, 409)
    if number % 9 == 5:
        _pay(client, 12345, 100, 422)
    client.send("GET", "/transfers", expect=200)
    client.send("GET", f"/accounts/{joined['account']}", expect=200)


def _pay(client: Client, to: int, cents: int, expect: int) -> dict[str, int]:
    key = str(uuid.UUID(int=client.rng.getrandbits(128), version=4))
    body = {"to": to, "cents": cents, "reference": client.rng.choice(_REFERENCES)}
    paid: dict[str, int] = client.send("POST", "/transfers", body, headers={"Idempotency-Key": key}, expect=expect)
    return paid


if __name__ == "__main__":
    main("transfers", visit, sessions=28)
