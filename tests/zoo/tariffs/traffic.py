"""Brokers: they look codes up, declare goods, look at what is due; some mistype a code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_CODES = (
    *("090111", "090121", "220421", "330499", "420221", "610910"),
    *("640399", "691110", "847130", "851712", "871200", "950300"),
)
_TRADERS = ("NL-Vermeer & Zn", "De Groot B.V.", "Łódź Import sp. z o.o.", "Ng Trading", "walk-in")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    client.headers["X-Trader"] = f"{rng.choice(_TRADERS)} {number}".encode().decode("latin-1")
    for code in rng.sample(_CODES, rng.choice((1, 2, 2, 3))):
        client.send("GET", f"/tariffs/{code}", expect=200)
    if number % 6 == 2:
        client.send("GET", f"/tariffs/{rng.choice(('999999', '100000', '012345'))}", expect=404)
    if number % 9 == 5:
        client.send("GET", f"/tariffs/{rng.randrange(1000)}", expect=422)
    codes = rng.choices(_CODES, k=rng.choice((1, 1, 2, 4)))
    lines = [{"code": code, "value_cents": rng.randrange(500, 9_000_000)} for code in codes]
    body = {"reference": f"PO {rng.randrange(10_000)}/{rng.choice(('a', 'B', 'ß'))}", "lines": lines}
    if number % 8 == 7:
        client.send("POST", "/declarations", {**body, "lines": []}, expect=422)
        return
    declared = client.send("POST", "/declarations", body, expect=201)
    client.send("GET", f"/declarations/{declared['mrn']}", expect=200)
    if number % 3 == 0:
        client.send("GET", "/declarations", expect=200)


if __name__ == "__main__":
    main("tariffs", visit, sessions=28)
