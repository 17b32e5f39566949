"""A transfer whose answer from the ledger is lost, and its retry with the same key: paid twice."""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.relay import always
from kit.showing import main
from kit.system import System


def paid_twice(system: System) -> bool:
    system.send("POST", "/customers", {"email": "ada@mail.example", "password": "x-2"})
    headers = {
        "Authorization": f"Basic {base64.b64encode(b'ada@mail.example:x-2').decode()}",
        "Idempotency-Key": "k-00000001",
    }
    transfer = {"to": 70001, "cents": 1250, "reference": "Rent"}
    system.relays["ledger"].rule = always("lose")
    assert system.send("POST", "/transfers", transfer, headers).status == 504
    system.relays["ledger"].rule = always("pass")
    assert system.send("POST", "/transfers", transfer, headers).status == 201
    assert system.send("POST", "/transfers", transfer, headers).status == 201
    return len(system.send("GET", "/transfers", headers=headers).json["transfers"]) > 1


if __name__ == "__main__":
    main(__file__, paid_twice)
