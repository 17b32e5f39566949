"""Two operators claim one call sign together: both hold it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.showing import main
from kit.system import System

FORM = {"callsign": "PA3XYZ", "locator": "JO22", "power_w": 100}


def held_twice(system: System) -> bool:
    badges = [system.send("POST", "/operators", {"town": "Ee"}).headers["set-cookie"].split(";")[0] for _ in "ab"]

    def claim(badge: str) -> int:
        return system.send("POST", "/licences", form=FORM, headers={"Cookie": badge}).status

    statuses = system.together(*[lambda badge=badge: claim(badge) for badge in badges])
    held: int = system.send("GET", "/licences").json["count"]
    assert held == statuses.count(201) >= 1
    return held > 1


if __name__ == "__main__":
    main(__file__, held_twice, tries=5)
