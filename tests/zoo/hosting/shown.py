"""An order that fails at the name server, and its repetition: 409 for ever, and no such site."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System


def stranded(system: System) -> bool:
    order = {"domain": "shop.test", "plan": "S", "contact": "Ana-Maria"}
    system.relays["names"].rule = always("lose")
    assert system.send("POST", "/sites", form=order).status == 502
    system.relays["names"].rule = always("pass")
    statuses = [system.send("POST", "/sites", form=order).status for _ in range(2)]
    there = system.send("GET", "/sites?domain=shop.test").json["sites"]
    assert (statuses == [201, 409]) == bool(there)
    return statuses == [409, 409]


if __name__ == "__main__":
    main(__file__, stranded)
