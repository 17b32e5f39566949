"""Customers who order prints and come back for them; long ones take a while, empty ones fail."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_TITLES = ("Thesis v7 FINAL (2)", "Menü KW 21", "flyer – recto/verso", "Плакат", "plan d'accès", "a/b?c=d&e", "履歴書")
_LONG = (240, 300)


def visit(client: Client, number: int) -> None:
    rng = client.rng
    long = number % 6 == 2
    pages = rng.choice(_LONG) if long else rng.choice((1, 1, 2, 3, 8, 24)) if number % 8 != 5 else 0
    order = {"title": rng.choice(_TITLES), "options": {"pages": pages, "duplex": rng.random() < 0.5}}
    job = client.send("POST", "/prints", order, expect=202)
    if long:
        client.send("GET", f"/prints/{job['id']}", expect=200, pause=False)
        client.think(2)
    else:
        client.send("GET", f"/prints/{job['id']}", expect=200)
    if long:
        client.send("GET", f"/prints/{job['id']}", expect=200)
    if number % 3 == 0:
        client.send("GET", "/prints", expect=200)
    if number % 7 == 4:
        client.send("GET", "/prints?status=ready", expect=200)
    if number % 10 == 9:
        client.send("GET", "/prints/P-1999-000001", expect=404)


if __name__ == "__main__":
    main("prints", visit, sessions=30)
