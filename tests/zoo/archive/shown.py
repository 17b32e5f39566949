"""A guest opens a sealed box while the policy service is away, deaf, or late: it is opened."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System

SEALED = "/boxes/fonds-0901:box-02"


def opened(system: System) -> bool:
    signed = system.send("POST", "/desk", {"visitor": "guest-noor"})
    guest = {"Cookie": signed.headers["set-cookie"].partition(";")[0]}
    assert system.send("GET", SEALED, headers=guest).status == 403
    statuses = []
    for mode in ("down", "lose", 0.7):
        system.relays["policy"].rule = always(mode)
        statuses.append(system.send("GET", SEALED, headers=guest).status)
    system.relays["policy"].rule = always("pass")
    assert set(statuses) in ({200}, {503}), statuses
    return 200 in statuses


if __name__ == "__main__":
    main(__file__, opened)
