"""Patients: they sign up, hand in samples, look at one, read their report; some come back with more.

Nobody else is served while a report is written, nor for a moment before and after: that is the race.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import NAMES, Client, main

_BEFORE_S, _AFTER_S = 0.015, 0.04
_REMARKS = (None, "fasting", "taken at home 🩸", "repeat of last week's", "nüchtern, 7:40", "")
_ALLERGIES = ("penicillin", "latex", "Hühnerei", "花粉")
_ONE_AT_A_TIME = threading.Lock()


def alone(client: Client, method: str, path: str, body: Any = None, *, expect: int) -> Any:
    with _ONE_AT_A_TIME:
        time.sleep(_BEFORE_S if path == "/report" else 0)
        answer = client.send(method, path, body, expect=expect, pause=False)
        time.sleep(_AFTER_S if path == "/report" else 0)
    client.think()
    return answer


def visit(client: Client, number: int) -> None:
    rng = client.rng
    if number % 9 == 4:
        client.send("GET", "/report", expect=401)
    form: dict[str, Any] = {
        "given_name": f"{rng.choice(NAMES)} {rng.randrange(100, 1000)}",
        "born": f"{rng.randrange(1938, 2012)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
    }
    if rng.random() < 0.4:
        form["allergies"] = rng.sample(_ALLERGIES, rng.choice((1, 1, 2)))
    client.headers["Authorization"] = f"Bearer {client.send('POST', '/patients', form, expect=201)['access_token']}"
    for _ in range(rng.choice((1, 1, 2))):
        sample = {"panel": rng.choice(("lipids", "lipids", "thyroid", "iron")), "remark": rng.choice(_REMARKS)}
        taken = alone(client, "POST", "/samples", sample, expect=201)
        alone(client, "GET", f"/samples/{taken['id']}", expect=200)
    if number % 8 == 3:
        alone(client, "POST", "/samples", {"panel": "vitamins"}, expect=422)
    if number % 7 == 2:
        alone(client, "GET", f"/samples/S-{rng.getrandbits(48):012x}", expect=404)
    alone(client, "GET", "/report", expect=200)
    if number % 5 == 1:
        alone(client, "POST", "/samples", {"panel": "iron", "remark": "second visit"}, expect=201)
        alone(client, "GET", "/report", expect=200)


if __name__ == "__main__":
    main("labportal", visit, sessions=27)
