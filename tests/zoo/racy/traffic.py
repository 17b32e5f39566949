"""Drivers: they look for a free bay, buy a ticket, look at it, leave; some find it taken. No two want one bay."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main


def visit(client: Client, number: int) -> None:
    rng = client.rng
    bay = 1 + number * 13
    plate = f"{rng.choice('GHJKLNPRSTXZ')}-{rng.randrange(100, 1000)}-{rng.choice(('BB', 'xd', 'ÄÖ', 'TT'))}"
    body = {"plate": plate, "hours": rng.choice((1, 1, 2, 2, 3, 8, 24))}
    if number % 4 == 3:
        client.send("GET", "/bays", expect=200)
    client.send("GET", f"/bays/{bay}", expect=200)
    if number % 9 == 4:
        client.send("POST", f"/bays/{bay}/tickets", {**body, "hours": 0}, expect=422)
    bought = client.send("POST", f"/bays/{bay}/tickets", body, expect=201)
    client.send("GET", f"/tickets/{bought['id']}", expect=200)
    if number % 4 == 1:
        client.send("POST", f"/bays/{bay}/tickets", body, expect=409)
    client.send("GET", f"/bays/{bay}", expect=200)
    if number % 5 == 2:
        client.send("DELETE", f"/tickets/{bought['id']}", expect=204)
        client.send("GET", f"/tickets/{bought['id']}", expect=404)
        client.send("GET", f"/bays/{bay}", expect=200)


if __name__ == "__main__":
    main("racy", visit, sessions=26)
