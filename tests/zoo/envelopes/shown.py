"""A move while the ledger is away, deaf, or late: the money is in neither envelope."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System

AMOUNTS = ["80.00", "20.00"]


def half_applied(system: System) -> bool:
    return any(_lost(system, mode) for mode in ("down", "lose", 0.9))


def _lost(system: System, mode: str | float) -> bool:
    envelopes = [{"label": label, "amount": amount} for label, amount in zip("ab", AMOUNTS, strict=True)]
    opened = system.send("POST", "/households", {"envelopes": envelopes}).json
    bearer = {"Authorization": f"Bearer {opened['token']}"}
    source, sink = [envelope["id"] for envelope in opened["envelopes"]]
    system.relays["ledger"].rule = always(mode)
    assert system.send("POST", "/moves", {"from": source, "to": sink, "amount": "30.00"}, bearer).status == 502
    system.relays["ledger"].rule = always("pass")
    left = [envelope["amount"] for envelope in system.send("GET", "/household", headers=bearer).json["envelopes"]]
    return left not in (AMOUNTS, ["50.00", "50.00"])


if __name__ == "__main__":
    main(__file__, half_applied)
