"""Authors: they write pages of their own and mend them; one edits with an ETag that is no longer true."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import Client, main

_TOPICS = ("Bread & Salz", "Écluses", "Ἀρχή", "Tide tables", "蒸し器", "O'Neill's rule", "Zero-width\u200bspace")
_TEXTS = ("A stub.", "Two\n\nparagraphs — <b>not</b> bold.", "Käse, naïve, façade.\n\n100 % sure?", "🙂" * 40)


def visit(client: Client, number: int) -> None:
    rng = client.rng
    client.send("GET", "/pages", expect=200)
    if number % 5 == 0:
        client.send("GET", "/pages/welcome", expect=200)
        client.send("GET", f"/pages/nobody-wrote-{number}", expect=404)
    path = f"/pages/{rng.choice(('notes', 'how-to', 'minutes', 'ideas'))}-{rng.getrandbits(24):06x}-{number}"
    title = rng.choice(_TOPICS)
    client.send("PUT", path, _page(client, title), headers={"If-None-Match": "*"}, expect=201)
    first = client.answered["etag"]
    client.send("GET", path, expect=200)
    for edit in range(number % 3):
        client.send("GET", path, expect=200)
        body = _page(client, f"{title} ({edit + 2})")
        client.send("PUT", path, body, headers={"If-Match": client.answered["etag"]}, expect=200)
    if number % 3:
        client.send("GET", f"{path}/history", expect=200)
        client.send("GET", path, expect=200)
    if number % 9 == 4:
        client.send("PUT", path, _page(client, title), headers={"If-Match": first}, expect=412)
    if number % 9 == 7:
        client.send("PUT", path, _page(client, title), expect=428)
        client.send("PUT", path, _page(client, title), headers={"If-None-Match": "*"}, expect=412)


def _page(client: Client, title: str) -> dict[str, str]:
    return {"title": title, "text": client.rng.choice(_TEXTS)}


if __name__ == "__main__":
    main("wiki", visit, sessions=30)
