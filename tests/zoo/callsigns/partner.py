"""The frequency office: whether a call sign may be given out at all. It has no state."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request

_OURS = re.compile(r"P[A-I][0-9][A-Z]{1,4}")  # the Netherlands' block


def clearance(request: Request) -> Reply:
    callsign = request.params["callsign"]
    return Reply(200, {"callsign": callsign, "clear": bool(_OURS.fullmatch(callsign))})


if __name__ == "__main__":
    serve(App(dict, {"GET /clearance/{callsign}": clearance}), arguments().port)
