"""Employers and candidates: an offer is made, looked at, bettered, and accepted, declined or withdrawn. Once."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_POSITIONS = ("Bäcker:in", "data engineer", "Sr. SRE (on call)", "nurse, nights", "câbleur·se", "教師", "gardener")
_NOTES = ("found another", "", "salaire", "family 🏡", "starts too late")
_DECISIONS = ("accept", "accept", "accept", "decline", "decline", "withdraw")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    body = {"position": rng.choice(_POSITIONS), "salary": rng.randrange(28, 120) * 1000}
    if rng.random() < 0.4:
        body["remote"] = rng.random() < 0.5
    if number % 8 == 5:
        client.send("POST", "/offers", {**body, "salary": 0}, expect=422)
    offer = client.send("POST", "/offers", body, expect=201)
    path = f"/offers/{offer['id']}"
    client.send("GET", path, expect=200)
    if number % 3 == 1:
        client.send("PATCH", path, {"salary": body["salary"] + rng.randrange(1, 9) * 500}, expect=200)
    if number % 4 == 2:
        client.send("GET", "/offers?status=open", expect=200)
    if number % 10 == 9:
        return  # undecided
    first = rng.choice(_DECISIONS)
    note = {"note": rng.choice(_NOTES)} if rng.random() < 0.6 else {}
    client.send("POST", f"{path}/{first}", note, expect=200)
    client.send("GET", path, expect=200)
    if number % 3 == 0:
        client.send("POST", f"{path}/{rng.choice(('accept', 'decline', 'withdraw'))}", {}, expect=409)
    if number % 7 == 4:
        client.send("PATCH", path, {"salary": 90_000}, expect=409)
        client.send("GET", path, expect=200)


if __name__ == "__main__":
    main("offers", visit, sessions=30)
