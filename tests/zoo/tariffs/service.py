"""A customs broker's desk: looks up commodity codes at the tariff office, declares goods, and says what is due.

The defect is in its client of the office: see wire.py.
"""

import secrets
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import PATIENCE, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text, whole
from tariffs.wire import Client, Unreachable

OFFICE_S = 0.4
LINES = 12  # of one declaration


class Desk:
    """Declarations by their number, and the way to the office."""

    def __init__(self, office: str) -> None:
        self.office = Client(office, OFFICE_S * PATIENCE, close_late_ones=is_fixed())
        self.declarations: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    def close(self) -> None:
        self.office.close()

    def tariff(self, code: str, request: Request) -> dict[str, Any]:
        """What the office says of a commodity code. Raises Refusal (422, 503)."""
        if not (code.isascii() and code.isdigit() and len(code) == 6):
            raise Refusal(422, f"code={code[:20]!r}: expected six digits")
        try:
            status, found = self.office.ask(f"/codes/{code}", traced(request.headers))
        except Unreachable:
            raise Refusal(503, "the tariff office does not answer; try again") from None
        if status != 200:
            raise Refusal(404, f"the office knows no code {code}")
        return dict(found)


def tariff(request: Request) -> Reply:
    return Reply(200, request.state.tariff(request.params["code"], request))


def declare(request: Request) -> Reply:
    desk: Desk = request.state
    body = request.json()
    lines = body.get("lines")
    if not isinstance(lines, list) or not 0 < len(lines) <= LINES or not all(isinstance(line, dict) for line in lines):
        raise Refusal(422, f"lines: expected 1 to {LINES} lines of goods")
    priced = [_priced(desk, line, request) for line in lines]
    declaration = {
        "mrn": f"26NL{secrets.token_hex(7).upper()}",
        "trader": _trader(request),
        "reference": text(body, "reference", 64),
        "lines": priced,
        "due_cents": sum(line["duty_cents"] for line in priced),
    }
    with desk.lock:
        desk.declarations[declaration["mrn"]] = declaration
    return Reply(201, declaration)


def _priced(desk: Desk, line: dict[str, Any], request: Request) -> dict[str, Any]:
    value_cents = whole(line, "value_cents", 1, 10**10)
    found = desk.tariff(text(line, "code", 6), request)
    duty_cents = round(value_cents * found["duty_percent"] / 100)
    return {"code": found["code"], "title": found["title"], "value_cents": value_cents, "duty_cents": duty_cents}


def declarations(request: Request) -> Reply:
    desk: Desk = request.state
    trader = _trader(request)
    with desk.lock:
        mine = [one for one in desk.declarations.values() if one["trader"] == trader]
    return Reply(200, {"declarations": [{"mrn": one["mrn"], "due_cents": one["due_cents"]} for one in mine]})


def declaration(request: Request) -> Reply:
    found = request.state.declarations.get(request.params["mrn"])
    if found is None or found["trader"] != _trader(request):
        raise Refusal(404, "no such declaration of yours")
    return Reply(200, found)


def _trader(request: Request) -> str:
    return request.headers.get("x-trader") or "walk-in"


if __name__ == "__main__":
    asked = arguments(partner="URL of the tariff office")
    routes = {
        "GET /tariffs/{code}": tariff,
        "POST /declarations": declare,
        "GET /declarations": declarations,
        "GET /declarations/{mrn}": declaration,
    }
    serve(App(lambda: Desk(asked.partner), routes), asked.port)
