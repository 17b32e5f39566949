"""Visitors of the reading room: guests look, readers file, archivists discard; some want what is not for them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_OPEN = ("fonds-0012:box-03", "fonds-0012:box-04", "fonds-0340:box-01", "fonds-0340:box-17")
_SEALED = ("fonds-0901:box-02", "fonds-0901:box-05", "fonds-1177:box-09")
_WHO = ("noor", "jan", "fatima", "wouter", "li", "agnieszka", "sem")
_TITLES = ("Letters to the dike reeve", "Akte van scheiding, 1702", "« plan du port »", "glass plate 🖼", "loose leaves")
_KINDS = ("guest", "guest", "reader", "guest", "archivist", "reader")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    kind = _KINDS[number % len(_KINDS)]
    if number % 8 == 3:
        client.send("GET", f"/boxes/{rng.choice(_OPEN)}", expect=401)
    client.send("POST", "/desk", {"visitor": f"{kind}-{rng.choice(_WHO)}"}, expect=201)
    client.headers["Cookie"] = client.answered["set-cookie"].partition(";")[0]
    if number % 3 == 0:
        client.send("GET", "/boxes", expect=200)
    box = f"/boxes/{rng.choice(_OPEN)}"
    client.send("GET", box, expect=200)
    sealed = f"/boxes/{rng.choice(_SEALED)}"
    client.send("GET", sealed, expect=403 if kind == "guest" else 200)
    folder = {"title": rng.choice(_TITLES), "leaves": rng.choice((1, 4, 12, 250))}
    if kind == "guest":
        if number % 4 == 0:
            client.send("POST", f"{box}/folders", folder, expect=403)
        return
    filed = client.send("POST", f"{box}/folders", folder, expect=201)
    client.send("GET", box, expect=200)
    path = f"{box}/folders/{filed['folder']}"
    client.send("DELETE", path, expect=204 if kind == "archivist" else 403)
    if kind == "archivist":
        client.send("DELETE", path, expect=404)
    client.send("GET", box, expect=200)


if __name__ == "__main__":
    main("archive", visit, sessions=30)
