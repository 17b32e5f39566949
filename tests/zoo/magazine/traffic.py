"""Editors who publish, read what they published, and take some of it back."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_MAGAZINES = ("seefahrt", "cuisine-d-ete", "night-owl", "ajedrez")
_HEADLINES = ("Ebbe & Flut", "Huit œufs", "“Quiet”, she said", "El gambito 2.0", "100 % rye", "夜の図書館")
_TAGS = ("2026", "long read", "été", "#draft", "🦉")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    base = f"/magazines/{rng.choice(_MAGAZINES)}/articles"
    if number % 4 == 0:
        client.send("GET", base, expect=200)
    article = client.send("POST", base, _article(client), expect=201)
    path = f"{base}/{article['number']}"
    if number % 3:
        client.send("GET", path, expect=200)
    if number % 5 == 1:
        client.send("GET", path, expect=200)
    if number % 3 == 1:
        client.send("DELETE", path, expect=204)
        client.send("GET", path, expect=404)
    if number % 3 == 0:
        client.send("GET", path, expect=200)
        client.send("GET", base, expect=200)
    if number % 9 == 7:
        client.send("DELETE", path, expect=404)


def _article(client: Client) -> dict[str, object]:
    rng = client.rng
    lead = rng.choice(("Kurz.", "A lead of two lines,\nno more.", "–" * 120, "Prix : 3,50 €"))
    article: dict[str, object] = {"headline": rng.choice(_HEADLINES), "content": {"lead": lead}}
    return article if rng.random() < 0.3 else {**article, "tags": rng.sample(_TAGS, rng.randint(0, 3))}


if __name__ == "__main__":
    main("magazine", visit, sessions=30)
