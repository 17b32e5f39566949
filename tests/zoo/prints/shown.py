"""A print whose renderer is away: under way for ever."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System, until


def stuck(system: System) -> bool:
    renderer = system.relays["renderer"]
    renderer.rule = always("lose")
    renderer.seen.clear()
    order = {"title": "Plan", "options": {"pages": 2, "duplex": True}}
    path = f"/prints/{system.send('POST', '/prints', order).json['id']}"
    assert until(lambda: bool(renderer.seen))
    renderer.rule = always("pass")
    return not until(lambda: system.send("GET", path).json["status"] != "rendering", within_s=1.5)


if __name__ == "__main__":
    main(__file__, stuck)
