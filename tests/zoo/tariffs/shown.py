"""One look-up that the office answers too late, then another: it is told what the first one asked."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System

LATE_S = 0.6  # the client waits for 0.4, and so does the next one


def mixed_up(system: System) -> bool:
    office = system.relays["office"]
    office.rule = always(LATE_S)
    assert system.send("GET", "/tariffs/090111").status == 503
    office.rule = always("pass")
    said = system.send("GET", "/tariffs/871200")
    return said.status == 200 and said.json["code"] != "871200"


if __name__ == "__main__":
    main(__file__, mixed_up, tries=3)
