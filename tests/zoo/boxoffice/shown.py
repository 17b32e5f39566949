"""Two bookings of the one seat of studio A, together: both get it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.showing import main
from kit.system import System


def oversold(system: System) -> bool:
    token = system.send("POST", "/signup", {"user": "Zoë", "password": "x-1"}).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}

    def book() -> int:
        return system.send("POST", "/shows/studio-a/bookings", {"seats": 1}, bearer).status

    statuses = system.together(book, book, book)
    left: int = system.send("GET", "/shows/studio-a").json["left"]
    assert (statuses.count(201) > 1) == (left < 0)
    return left < 0


if __name__ == "__main__":
    main(__file__, oversold, tries=5)
