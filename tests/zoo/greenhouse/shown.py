"""A sensor that is registered while the store is away: 201, and for ever 404."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System, until


def lost(system: System) -> bool:
    store = system.relays["store"]
    key = {"X-Api-Key": system.send("POST", "/keys", {"owner": "Bo"}).json["api_key"]}
    store.rule = always("down")
    store.seen.clear()
    made = system.send("POST", "/sensors", {"label": "pump #1", "unit": "l"}, key)
    assert made.status == 201
    assert until(lambda: bool(store.seen))  # it was tried
    store.rule = always("pass")
    path = f"/sensors/{made.json['id']}"
    gone = until(lambda: system.send("GET", path, headers=key).status == 404, within_s=1.0)
    assert gone == (system.send("GET", "/sensors", headers=key).json["items"] == [])
    return gone


if __name__ == "__main__":
    main(__file__, lost)
