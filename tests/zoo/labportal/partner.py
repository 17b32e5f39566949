"""The reference laboratory: what is normal, by panel. It has no state."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

RANGES = {
    "lipids": {"LDL": [0, 115], "HDL": [40, None], "triglycerides": [0, 150]},
    "thyroid": {"TSH": [0.4, 4.0], "fT4": [0.8, 1.8]},
    "iron": {"ferritin": [30, 300], "transferrin": [200, 360]},
}


def ranges(request: Request) -> Reply:
    if request.params["panel"] not in RANGES:
        raise Refusal(404, "no such panel")
    return Reply(200, RANGES[request.params["panel"]])


if __name__ == "__main__":
    serve(App(dict, {"GET /ranges/{panel}": ranges}), arguments().port)
