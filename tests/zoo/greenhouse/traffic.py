"""Gardeners and their gateways: sensors are registered, readings come in, and are looked at."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.clients import NAMES, Client, main

_LABELS = ("Haus 3 / bed 2", "northern wall", "Gewächshaus Süd", "tomatoes 🍅", "pump #1", "温室")
_UNITS = ("°C", "%rH", "lx", "hPa", "µS/cm", "l")
_REMARKS = ("", "", "", "calibrated", "sensor wet?", "nach Regen")


def visit(client: Client, number: int) -> None:
    rng = client.rng
    owner = f"{rng.choice(NAMES)} {number}"
    client.headers["X-Api-Key"] = client.send("POST", "/keys", {"owner": owner}, expect=201)["api_key"]
    for _ in range(1 + (number % 5 == 2)):
        sensor = client.send("POST", "/sensors", {"label": rng.choice(_LABELS), "unit": rng.choice(_UNITS)}, expect=201)
        path = f"/sensors/{sensor['id']}"
        client.send("GET", path, expect=200)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            reading = client.send("POST", f"{path}/readings", _reading(client), expect=201)
            if rng.random() < 0.5:
                client.send("GET", f"{path}/readings/{reading['id']}", expect=200)
        if rng.random() < 0.6:
            client.send("GET", f"{path}/readings", expect=200)
    client.send("GET", "/sensors", expect=200)
    if number % 8 == 3:
        client.send("POST", f"{path}/readings", {"value": "21,5"}, expect=422)
        client.send("GET", f"{path}/readings/01ARZ3NDEKTSV4RRFFQ69G5FAV", expect=404)


def _reading(client: Client) -> dict[str, object]:
    value = client.rng.choice((0, -4, 21.5, 1013.25, 99.999, 1e-3, 40_000))
    return {"value": value, "remark": remark} if (remark := client.rng.choice(_REMARKS)) else {"value": value}


if __name__ == "__main__":
    main("greenhouse", visit, sessions=28)
