"""The ledger: entries, each noted once under its id."""

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request, text


class Ledger:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: dict[str, dict[str, Any]] = {}


def note(request: Request) -> Reply:
    entry = request.json()
    with request.state.lock:
        request.state.entries.setdefault(text(entry, "id", 40), entry)
    return Reply(201, {"noted": entry["id"]})


if __name__ == "__main__":
    serve(App(Ledger, {"POST /entries": note}), arguments().port)
