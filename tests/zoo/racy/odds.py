"""The true odds of the race, measured over plain HTTP: `odds.py [--bursts N]` sends so many pairs for each.

Exits 1 where Wilson's interval of 99.9 % does not hold the odds that were set, or the fixed twin shows the race at all.
"""

import argparse
import http.client
import json
import os
import random
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.system import System, started
from prove.wilson import wilson

ODDS = (0.05, 0.2, 0.5)
Z = 3.29  # of 99.9 %
_BODY = json.dumps({"plate": "X-1", "hours": 1})


def measured(odds: float, bursts: int, seed: int, *, fixed: bool) -> int:
    """In how many of so many pairs both purchases got the bay."""
    os.environ |= {"ZOO_ODDS": str(odds), "ZOO_SEED": str(seed)}
    with started(Path(__file__).resolve().parent, fixed=fixed) as system:
        return sum(_both(system, 1 + number % 400) for number in range(bursts))


def _both(system: System, bay: int) -> bool:
    if bay == 1:
        system.reset()
    where = urlsplit(system.url)
    connections = [http.client.HTTPConnection(where.hostname or "", where.port, timeout=20) for _ in range(2)]
    statuses: list[int] = []
    together = threading.Barrier(len(connections))

    def buy(connection: http.client.HTTPConnection) -> None:
        connection.connect()
        together.wait()
        connection.request("POST", f"/bays/{bay}/tickets", _BODY, {"Content-Type": "application/json"})
        statuses.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=buy, args=(connection,)) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) in ([201, 201], [201, 409]), statuses
    return statuses == [201, 201]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bursts", type=int, default=400)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    asked = parser.parse_args()
    wrong = []
    for odds in ODDS:
        both = measured(odds, asked.bursts, asked.seed, fixed=False)
        low, high = wilson(both, asked.bursts, Z)
        mended = measured(odds, asked.bursts, asked.seed, fixed=True)
        sys.stdout.write(
            f"odds {odds:.0%}: both in {both} of {asked.bursts} ({low:.1%} to {high:.1%}), fixed twin {mended}\n"
        )
        if mended or not low <= odds <= high:
            wrong.append(odds)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
