"""A candidate accepts while another window declines and the employer withdraws: more than one is confirmed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.showing import main
from kit.system import System


def decided_twice(system: System) -> bool:
    offer = system.send("POST", "/offers", {"position": "gardener", "salary": 31_000}).json["id"]

    def decide(decision: str) -> int:
        return system.send("POST", f"/offers/{offer}/{decision}", {}).status

    statuses = system.together(*[lambda word=word: decide(word) for word in ("accept", "decline", "withdraw")])
    assert set(statuses) <= {200, 409}
    return statuses.count(200) > 1


if __name__ == "__main__":
    main(__file__, decided_twice, tries=20)
