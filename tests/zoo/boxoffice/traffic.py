"""Theatre-goers: they look, book what is free, look at what they booked; some cancel, one comes too late."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import NAMES, Client, main

_PLENTY = ("macbeth", "der-besuch", "godot-late", "puppets-11h")
_SCARCE = {3: ("studio-a", 1), 8: ("studio-b", 2), 13: ("studio-c", 2), 18: ("box-royal", 4), 22: ("rehearsal", 5)}
_TOO_LATE = {25: ("studio-a", 1), 26: ("studio-b", 1)}
_BOOKED = {slug: threading.Event() for slug, _ in _SCARCE.values()}  # what is scarce has gone
_NOTES = ("", "aisle, please", "rollstuhlgängig 🙏", "2 × réduit", "for Mum's 70th")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    user, password = f"{rng.choice(NAMES)}.{number}", f"pw-{rng.getrandbits(48):x}"
    client.send("GET", "/shows", expect=200)
    who = client.send("POST", "/signup", {"user": user, "password": password}, expect=201)
    if number % 6 == 5:
        client.send("POST", "/login", {"user": user, "password": password[::-1]}, expect=401)
        who = client.send("POST", "/login", {"user": user, "password": password}, expect=200)
    client.headers["Authorization"] = f"Bearer {who['token']}"
    if number in _TOO_LATE:
        slug, seats = _TOO_LATE[number]
        _BOOKED[slug].wait(10)
        client.send("GET", f"/shows/{slug}", expect=200)
        client.send("POST", f"/shows/{slug}/bookings", {"seats": seats}, expect=409)
        return
    slug, seats = _SCARCE.get(number) or (rng.choice(_PLENTY), rng.choice((1, 2, 2, 2, 3, 4, 6)))
    client.send("GET", f"/shows/{slug}", expect=200)
    body = {"seats": seats, "note": rng.choice(_NOTES)} if rng.random() < 0.7 else {"seats": seats}
    booking = client.send("POST", f"/shows/{slug}/bookings", body, expect=201)
    if slug in _BOOKED:
        _BOOKED[slug].set()
    client.send("GET", f"/bookings/{booking['id']}", expect=200)
    if number % 4 == 1:
        client.send("GET", "/bookings", expect=200)
    if number % 7 == 2:
        client.send("DELETE", f"/bookings/{booking['id']}", expect=204)
        client.send("GET", f"/bookings/{booking['id']}", expect=404)


if __name__ == "__main__":
    main("boxoffice", visit, sessions=28)
