"""Routes of our own beside Toxiproxy's: what the proxies remember. Never a part of Toxiproxy's own bodies."""

import time
from dataclasses import asdict
from urllib.parse import parse_qs

from faults.embedded.proxies import Proxies
from faults.embedded.refusal import ApiError
from faults.embedded.replies import json_reply
from faults.embedded.routes import Routes
from faults.embedded.wire import Reply, Request


def mount_memory(routes: Routes, proxies: Proxies) -> None:
    """`GET /connections?proxy=NAME&since=S`: those that live or closed since S (CLOCK_MONOTONIC s), and totals."""

    async def connections(request: Request, names: list[str]) -> Reply:
        query = parse_qs(request.query)
        journal = proxies.get(query.get("proxy", [""])[0]).journal
        since_s = _seconds(query.get("since", ["0"])[0])
        totals = {name: getattr(journal, name) for name in ("opened", "forgotten", "bytes_up", "bytes_down")}
        entries = [asdict(entry) for entry in journal.since(since_s)]
        return json_reply(200, {"now_s": time.monotonic(), **totals, "connections": entries})

    routes.mount("/connections", {"GET": connections})


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ApiError(400, "since: expected seconds of CLOCK_MONOTONIC") from None
