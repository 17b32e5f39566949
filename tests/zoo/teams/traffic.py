"""People who found teams, take members in, and give teams up; some found one again under the same handle."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import NAMES, Client, main

_TITLES = ("Röntgen & Co.", "night shift", "Équipe Nº 5", "ops (EMEA)", "  padded  ", "開発", "🦊🦊")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    client.send("POST", "/login", {"user": f"{rng.choice(NAMES)} {number}"}, expect=200)
    client.headers["Cookie"] = client.answered["set-cookie"].partition(";")[0]
    if number % 6 == 0:
        client.send("GET", "/teams", expect=200)
    handle = f"{rng.choice(('ops', 'blue', 'x-ray', 'team'))}-{rng.getrandbits(20):05x}-{number}"
    team = {"handle": handle, "title": rng.choice(_TITLES)}
    client.send("POST", "/teams", team, expect=201)
    client.send("GET", f"/teams/{handle}", expect=200)
    for member in rng.sample(NAMES, rng.choice((0, 1, 1, 2))):
        client.send("POST", f"/teams/{handle}/members", {"user": member}, expect=201)
    if number % 3 != 1:
        client.send("GET", "/teams", expect=200)
    if number % 10 == 6:
        client.send("POST", "/teams", {**team, "title": "again"}, expect=409)
    if number % 3 == 1:
        client.send("DELETE", f"/teams/{handle}", expect=204)
        client.send("GET", f"/teams/{handle}", expect=404)
        if number % 2:
            client.send("POST", "/teams", {**team, "title": rng.choice(_TITLES)}, expect=201)
            client.send("GET", f"/teams/{handle}", expect=200)


if __name__ == "__main__":
    main("teams", visit, sessions=30)
