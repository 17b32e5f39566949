"""Households: they fill envelopes, move money between them, look at what is left; some want to move too much."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_LABELS = ("groceries", "rent", "holiday ☀", "Zahnarzt", "Schuhe & Kleidung", "car", "rainy day", "孩子")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    if number % 9 == 8:
        client.send("GET", "/household", expect=401)
    labels = rng.sample(_LABELS, rng.choice((2, 3, 3, 4)))
    envelopes = [{"label": label, "amount": f"{rng.randrange(20, 900)}.{rng.randrange(100):02}"} for label in labels]
    opened = client.send("POST", "/households", {"envelopes": envelopes}, expect=201)
    client.headers["Authorization"] = f"Bearer {opened['token']}"
    ids = [envelope["id"] for envelope in opened["envelopes"]]
    if number % 4 == 0:
        client.send("GET", "/household", expect=200)
    for _ in range(rng.choice((1, 1, 2, 3))):
        source, sink = rng.sample(ids, 2)
        body = {"from": source, "to": sink, "amount": f"{rng.randrange(1, 6)}.{rng.choice(('00', '50', '99', '05'))}"}
        client.send("POST", "/moves", body, expect=201)
        client.send("GET", f"/envelopes/{rng.choice((source, sink))}", expect=200)
    if number % 5 == 2:
        client.send("POST", "/moves", {"from": ids[0], "to": ids[1], "amount": "99999.00"}, expect=409)
    if number % 7 == 3:
        client.send("POST", "/moves", {"from": ids[0], "to": ids[1], "amount": "1,5"}, expect=422)
    client.send("GET", "/household", expect=200)


if __name__ == "__main__":
    main("envelopes", visit, sessions=27)
