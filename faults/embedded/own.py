"""Routes of our own beside Toxiproxy's: what the proxies remember. Never a part of Toxiproxy's own bodies."""

import time
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from faults.embedded.proxies import Proxies
from faults.embedded.proxy import Proxy
from faults.embedded.refusal import ApiError
from faults.embedded.replies import json_reply
from faults.embedded.routes import Routes
from faults.embedded.toxics import LiveToxic
from faults.embedded.wire import Reply, Request


def mount_memory(routes: Routes, proxies: Proxies) -> None:
    """Mounts `GET /receipts?proxy=NAME`: what each toxic did, of all proxies if none is named; and
    `GET /connections?proxy=NAME&since=S`: those that live or closed since S (CLOCK_MONOTONIC s), and totals."""

    async def connections(request: Request, names: list[str]) -> Reply:
        query = parse_qs(request.query)
        journal = proxies.get(query.get("proxy", [""])[0]).journal
        since_s = _seconds(query.get("since", ["0"])[0])
        totals = {name: getattr(journal, name) for name in ("opened", "forgotten", "bytes_up", "bytes_down")}
        entries = [asdict(entry) for entry in journal.since(since_s)]
        return json_reply(200, {"now_s": time.monotonic(), **totals, "connections": entries})

    async def receipts(request: Request, names: list[str]) -> Reply:
        chosen = [proxies.get(name) for name in parse_qs(request.query).get("proxy", [])] or proxies
        shown = {proxy.name: _receipts(proxy) for proxy in chosen}
        return json_reply(200, {"now_s": time.monotonic(), "proxies": shown})

    routes.mount("/connections", {"GET": connections})
    routes.mount("/receipts", {"GET": receipts})


def _receipts(proxy: Proxy) -> dict[str, Any]:
    """Of its toxics, in the order they came; the removed ones that it remembers first."""
    receipts = [_receipt(toxic) for toxic in (*proxy.past_toxics, *proxy.toxics)]
    return {"forgotten": proxy.forgotten_toxics, "receipts": receipts}


def _receipt(toxic: LiveToxic) -> dict[str, Any]:
    named = {"toxic": toxic.name, "type": toxic.type, "stream": toxic.direction}
    return {**named, "came_s": toxic.came_s, "gone_s": toxic.gone_s, **asdict(toxic.tally)}


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ApiError(400, "since: expected seconds of CLOCK_MONOTONIC") from None
