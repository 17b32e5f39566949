"""A radio regulator's register of call signs: operators sign on, claim a free call sign, keep or release it.

Planted: whether a call sign is free is looked up, then the frequency office is asked, then it is written.
Fixed: the database holds besides that no call sign is held twice, and the second claim is refused.
"""

import asyncio
import re
import secrets
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.loop import serve
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed
from kit.web import App, Refusal, Reply, Request, text

OFFICE_S = 0.6
_TABLES = """
CREATE TABLE operators (badge TEXT PRIMARY KEY, town TEXT NOT NULL);
CREATE TABLE licences (id TEXT PRIMARY KEY, callsign TEXT NOT NULL, badge TEXT NOT NULL, locator TEXT NOT NULL,
                       power_w INTEGER NOT NULL);
"""
_FIELDS = "id, callsign, locator, power_w"


class Register:
    """The licences. Used by the loop's thread alone, a statement at a time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_TABLES)
        if is_fixed():
            self._database.execute("CREATE UNIQUE INDEX one_holder ON licences (callsign)")

    def close(self) -> None:
        self._database.close()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._database.execute(query, values)]

    def row(self, query: str, *values: Any) -> dict[str, Any] | None:
        return next(iter(self.rows(query, *values)), None)

    def change(self, statement: str, *values: Any) -> int:
        """How many rows it changed. Raises sqlite3.IntegrityError."""
        return self._database.execute(statement, values).rowcount


async def sign_on(request: Request) -> Reply:
    badge = secrets.token_urlsafe(18)
    request.state.change("INSERT INTO operators VALUES (?, ?)", badge, text(request.json(), "town"))
    return Reply(201, {"welcome": "73"}, {"Set-Cookie": f"badge={badge}; Path=/; HttpOnly"})


def _operator(request: Request) -> str:
    badge = request.cookie("badge")
    if request.state.row("SELECT badge FROM operators WHERE badge = ?", badge) is None:
        raise Refusal(401, "sign on first")
    return badge


async def claim(request: Request) -> Reply:
    badge, form, register = _operator(request), request.form(), request.state
    callsign = text(form, "callsign", 8).upper()
    locator = text(form, "locator", 6).upper()
    if not re.fullmatch("[0-9]{1,3}", watts := form.get("power_w", "")) or not 0 < (power_w := int(watts)) <= 750:
        raise Refusal(422, "power_w: expected 1 to 750")
    if register.row("SELECT id FROM licences WHERE callsign = ?", callsign):
        raise Refusal(409, f"{callsign} is taken")
    await _cleared(callsign, request)
    licence = {"id": f"lic_{secrets.token_hex(8)}", "callsign": callsign, "locator": locator, "power_w": power_w}
    try:
        register.change(
            "INSERT INTO licences (id, callsign, badge, locator, power_w) VALUES (?, ?, ?, ?, ?)",
            licence["id"],
            callsign,
            badge,
            locator,
            power_w,
        )
    except sqlite3.IntegrityError:
        raise Refusal(409, f"{callsign} is taken") from None
    return Reply(201, licence)


async def _cleared(callsign: str, request: Request) -> None:
    """Returns once the frequency office has nothing against it. Raises Refusal (422, 503)."""
    try:
        status, said = await asyncio.to_thread(
            office.ask, "GET", f"/clearance/{callsign}", headers=traced(request.headers)
        )
    except (Unreachable, UnicodeEncodeError):
        raise Refusal(503, "the frequency office does not answer") from None
    if status != 200 or not said.get("clear"):
        raise Refusal(422, f"{callsign} is no call sign of ours")


async def directory(request: Request) -> Reply:
    locator = request.query.get("locator", "").upper()
    found = request.state.rows(f"SELECT {_FIELDS} FROM licences WHERE locator LIKE ? ORDER BY callsign", f"{locator}%")
    return Reply(200, {"count": len(found), "licences": found})


async def holder(request: Request) -> Reply:
    found = request.state.row(f"SELECT {_FIELDS} FROM licences WHERE id = ?", request.params["id"])
    if found is None:
        raise Refusal(404, "no such licence")
    return Reply(200, found)


async def release(request: Request) -> Reply:
    badge = _operator(request)
    if not request.state.change("DELETE FROM licences WHERE id = ? AND badge = ?", request.params["id"], badge):
        raise Refusal(404, "no such licence of yours")
    return Reply(204)


if __name__ == "__main__":
    asked = arguments(partner="URL of the frequency office")
    office = Partner(asked.partner, OFFICE_S)
    routes = {
        "POST /operators": sign_on,
        "POST /licences": claim,
        "GET /licences": directory,
        "GET /licences/{id}": holder,
        "DELETE /licences/{id}": release,
    }
    serve(App(Register, routes), asked.port)
