"""Parking bays: a ticket for a bay, if it is free. Two tickets bought together get one bay, in a known share of cases.

The tariff of a bay is mostly at hand, and the bay is taken at once. In ZOO_ODDS of the purchases, drawn from ZOO_SEED,
it has to be fetched, which takes 20 to 60 ms; and whether the bay is free is not looked at again. So of two purchases
that arrive within 20 ms of each other both succeed when the first of them has to fetch, and else never: the odds of the
race are ZOO_ODDS, exactly. With ZOO_FIXED=1 it is looked at again.
"""

import asyncio
import os
import random
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import loop
from kit.threads import arguments, is_fixed
from kit.web import App, Refusal, Reply, Request, text, whole

BAYS = 400
FETCH_S = (0.02, 0.06)


@dataclass
class Garage:
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id

    def of_bay(self, bay: int) -> list[dict[str, Any]]:
        return [ticket for ticket in self.tickets.values() if ticket["bay"] == bay]

    def check_free(self, bay: int) -> None:
        """Raises Refusal (409)."""
        if self.of_bay(bay):
            raise Refusal(409, f"bay {bay} is taken")


class Machine:
    def __init__(self, odds: float, rng: random.Random, fixed: bool) -> None:
        self._odds = odds
        self._rng = rng
        self._fixed = fixed

    async def _tariff_cents(self, hours: int) -> int:
        if self._rng.random() < self._odds:
            await asyncio.sleep(self._rng.uniform(*FETCH_S))
        return 250 * hours

    async def buy(self, request: Request) -> Reply:
        garage: Garage = request.state
        bay, body = _bay(request), request.json()
        plate, hours = text(body, "plate", 12), whole(body, "hours", 1, 24)
        garage.check_free(bay)
        cents = await self._tariff_cents(hours)
        if self._fixed:
            garage.check_free(bay)
        ticket = {"id": f"t{secrets.token_hex(6)}", "bay": bay, "plate": plate, "hours": hours, "cents": cents}
        garage.tickets[ticket["id"]] = ticket
        return Reply(201, ticket)


async def board(request: Request) -> Reply:
    taken = sorted({ticket["bay"] for ticket in request.state.tickets.values()})
    return Reply(200, {"taken": [{"bay": bay, "tickets": len(request.state.of_bay(bay))} for bay in taken]})


async def look(request: Request) -> Reply:
    bay = _bay(request)
    return Reply(200, {"bay": bay, "tickets": request.state.of_bay(bay)})


async def ticket(request: Request) -> Reply:
    found = request.state.tickets.get(request.params["id"])
    if found is None:
        raise Refusal(404, "no such ticket")
    return Reply(200, found)


async def leave(request: Request) -> Reply:
    if request.state.tickets.pop(request.params["id"], None) is None:
        raise Refusal(404, "no such ticket")
    return Reply(204)


def _bay(request: Request) -> int:
    if not (request.params["bay"].isascii() and request.params["bay"].isdigit()):
        raise Refusal(404, "no such bay")
    if not 1 <= (bay := int(request.params["bay"][:9])) <= BAYS:
        raise Refusal(404, "no such bay")
    return bay


if __name__ == "__main__":
    asked = arguments(instance="folder of this copy of the system: copies that draw alike would count double")
    chance = float(os.environ.get("ZOO_ODDS", "0.2"))
    drawn_from = f"racy {os.environ.get('ZOO_SEED', '1')} {Path(asked.instance).name}"
    machine = Machine(chance, random.Random(drawn_from), is_fixed())
    routes = {
        "POST /bays/{bay}/tickets": machine.buy,
        "GET /bays": board,
        "GET /bays/{bay}": look,
        "GET /tickets/{id}": ticket,
        "DELETE /tickets/{id}": leave,
    }
    loop.serve(App(Garage, routes), asked.port)
