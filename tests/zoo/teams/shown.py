"""A team that is deleted while the directory is away: there is none, and none can be founded under its handle."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System


def ghost(system: System) -> bool:
    cookie = system.send("POST", "/login", {"user": "Bo"}).headers["set-cookie"].partition(";")[0]
    headers, team = {"Cookie": cookie}, {"handle": "ops-1", "title": "night shift"}
    assert system.send("POST", "/teams", team, headers).status == 201
    system.relays["directory"].rule = always("down")
    system.send("DELETE", "/teams/ops-1", headers=headers)
    system.relays["directory"].rule = always("pass")
    gone = system.send("GET", "/teams/ops-1", headers=headers).status == 404
    return gone and system.send("POST", "/teams", team, headers).status == 409


if __name__ == "__main__":
    main(__file__, ghost)
