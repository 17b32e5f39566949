"""The ledger: accounts and entries. An entry that carries the key of one before is that one."""

import itertools
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

_WORK_S = 0.002
_HOUSE = (70001, 70002, 70003)  # what everybody may pay to
_accounts, _entries = itertools.count(10_000_217, 13), itertools.count(4101)  # go on across resets


@dataclass
class Books:
    lock: threading.Lock = field(default_factory=threading.Lock)
    cents: dict[int, int] = field(default_factory=lambda: dict.fromkeys(_HOUSE, 0))
    entries: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)


def open_account(request: Request) -> Reply:
    with request.state.lock:
        number = next(_accounts)
        request.state.cents[number] = int(request.json()["cents"])
    return Reply(201, {"account": number})


def account(request: Request) -> Reply:
    number = int(request.params["account"])
    with request.state.lock:
        return Reply(200, {"account": number, "cents": request.state.cents[number]})


def post(request: Request) -> Reply:
    time.sleep(_WORK_S)
    asked, books = request.json(), request.state
    key = asked.pop("key", None)
    with books.lock:
        if key in books.keys:
            return _again(books.entries[books.keys[key]], asked)
        debit, credit, cents = asked["debit"], asked["credit"], asked["cents"]
        if credit not in books.cents or debit not in books.cents or debit == credit:
            raise Refusal(422, "to: no such account")
        if books.cents[debit] < cents:
            raise Refusal(409, "not enough on the account")
        entry = {"id": next(_entries), **asked}
        books.entries[entry["id"]] = entry
        books.cents[debit] -= cents
        books.cents[credit] += cents
        if key is not None:
            books.keys[key] = entry["id"]
    return Reply(201, entry)


def _again(entry: dict[str, Any], asked: dict[str, Any]) -> Reply:
    if any(entry[name] != value for name, value in asked.items()):
        raise Refusal(422, "the key was used for another entry")
    return Reply(201, entry)


def entry(request: Request) -> Reply:
    found = request.state.entries.get(int(request.params["id"]))
    if found is None:
        raise Refusal(404, "no such entry")
    return Reply(200, found)


def entries(request: Request) -> Reply:
    number = int(request.query["account"])
    with request.state.lock:
        found = [each for each in request.state.entries.values() if number in (each["debit"], each["credit"])]
    return Reply(200, {"entries": found})


if __name__ == "__main__":
    routes = {
        "POST /accounts": open_account,
        "GET /accounts/{account}": account,
        "POST /entries": post,
        "GET /entries": entries,
        "GET /entries/{id}": entry,
    }
    serve(App(Books, routes), arguments().port)
