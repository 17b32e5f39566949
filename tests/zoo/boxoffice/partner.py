"""Fares by show and number of seats: GET /fares/{slug}?seats=N."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request

_WORK_S = 0.003  # a look into the tariff


def fare(request: Request) -> Reply:
    time.sleep(_WORK_S)
    seats = int(request.query.get("seats", "1"))
    base = 900 + 100 * (len(request.params["slug"]) % 7)
    return Reply(200, {"cents": seats * base - (150 if seats >= 4 else 0)})


if __name__ == "__main__":
    serve(App(dict, {"GET /fares/{slug}": fare}), arguments().port)
