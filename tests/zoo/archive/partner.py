"""The policy service: what a card may do with a box. It has no state."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request

SEALED = ("fonds-0901", "fonds-1177")
MAY = {"guest": ("read",), "reader": ("read", "write"), "archivist": ("read", "write", "purge")}


def verdict(request: Request) -> Reply:
    kind = request.query.get("card", "").partition("-")[0]
    action, ref = request.query.get("action", ""), request.query.get("ref", "")
    if action not in MAY.get(kind, ()):
        return Reply(200, {"allowed": False, "why": "not on this card"})
    if kind == "guest" and ref.startswith(SEALED):
        return Reply(200, {"allowed": False, "why": "sealed"})
    return Reply(200, {"allowed": True})


if __name__ == "__main__":
    serve(App(dict, {"GET /verdict": verdict}), arguments().port)
