"""Cooks: they write recipes, read theirs and others', and write them better."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_DISHES = (
    "Grünkohl",
    "soupe à l'oignon",
    "Erwtensoep",
    "dal",
    "饺子",
    "Pão de queijo",
    "rhubarb & custard",
    "piÑata 🍰",
)
_STEPS = ("Chop.", "Fry until golden, 8–10 min", "Season; taste again", "laisser reposer", "Bake at 180 °C", "Serve.")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    if number % 3 == 0:
        client.send("GET", "/recipes", expect=200)
    recipe = {
        "title": f"{rng.choice(_DISHES)} no. {number}",
        "serves": rng.choice((1, 2, 4, 4, 6)),
        "method": rng.sample(_STEPS, rng.choice((2, 3, 4))),
    }
    if number % 9 == 7:
        client.send("POST", "/recipes", {**recipe, "serves": 0}, expect=422)
    written = client.send("POST", "/recipes", recipe, expect=201)
    path = f"/recipes/{written['id']}"
    client.send("GET", path, expect=200)
    if number % 8 == 3:
        client.send("PUT", path, recipe, expect=403)
    if number % 4 != 2:
        better = {**recipe, "serves": recipe["serves"] + rng.choice((1, 2)), "method": [*recipe["method"], "Enjoy!"]}
        client.send("PUT", path, better, headers={"X-Edit-Token": written["edit_token"]}, expect=200)
        client.send("GET", path, expect=200)
    if number % 6 == 1:
        client.send("GET", f"/recipes/r{rng.getrandbits(32):08x}x", expect=404)
    if number % 5 == 4:
        client.send("GET", f"/recipes?q=no.%20{number}", expect=200)


if __name__ == "__main__":
    main("recipes", visit, sessions=28)
