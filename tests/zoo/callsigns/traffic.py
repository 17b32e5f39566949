"""Radio amateurs: they sign on, claim a call sign of their own, look at the register; some release theirs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_TOWNS = ("Utrecht", "'s-Hertogenbosch", "Sneek", "Sint Annaparochie", "Ee", "Ĝoes 73")
_LOCATORS = ("JO22", "JO21", "JO33", "JO20", "JO32NA")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def visit(client: Client, number: int) -> None:
    rng = client.rng
    callsign = f"P{rng.choice('ABDEHI')}{rng.randrange(10)}{_LETTERS[number % 26]}{_LETTERS[number // 26]}"
    callsign += "".join(rng.choices(_LETTERS, k=rng.choice((0, 1, 1, 2))))  # its third and fourth letters are its own
    form = {
        "callsign": callsign if rng.random() < 0.8 else callsign.lower(),
        "locator": rng.choice(_LOCATORS),
        "power_w": rng.choice((5, 25, 100, 400)),
    }
    if number % 10 == 6:
        client.send("POST", "/licences", form=form, expect=401)
    client.send("POST", "/operators", {"town": rng.choice(_TOWNS)}, expect=201)
    client.headers["Cookie"] = client.answered["set-cookie"].partition(";")[0]
    if number % 4 == 1:
        client.send("GET", f"/licences?locator={form['locator'][:4]}", expect=200)
    if number % 7 == 3:
        client.send("POST", "/licences", form={**form, "callsign": f"DL{number}XY"}, expect=422)
    licence = client.send("POST", "/licences", form=form, expect=201)
    client.send("GET", f"/licences/{licence['id']}", expect=200)
    if number % 5 == 2:
        client.send("POST", "/licences", form={**form, "power_w": 10}, expect=409)
    if number % 6 == 4:
        client.send("DELETE", f"/licences/{licence['id']}", expect=204)
        client.send("GET", f"/licences/{licence['id']}", expect=404)
    client.send("GET", "/licences", expect=200)


if __name__ == "__main__":
    main("callsigns", visit, sessions=29)
