"""A recipe rewritten while the cache is away is read as it was, also once the cache is back."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System


def stale(system: System) -> bool:
    return any(_stale_after(system, mode) for mode in ("down", "lose", 0.6))


def _stale_after(system: System, mode: str | float) -> bool:
    cache = system.relays["cache"]
    recipe = {"title": "Erwtensoep", "serves": 4, "method": ["Soak.", "Boil."]}
    written = system.send("POST", "/recipes", recipe).json
    cache.rule = always(mode)
    path, token = f"/recipes/{written['id']}", {"X-Edit-Token": written["edit_token"]}
    assert system.send("PUT", path, {**recipe, "serves": 6}, token).status == 200
    cache.rule = always("pass")
    serves: int = system.send("GET", path).json["serves"]
    return serves != 6


if __name__ == "__main__":
    main(__file__, stale)
