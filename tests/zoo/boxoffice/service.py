"""Seats of small theatres: sign up, look, book, cancel. Slugs for shows, uuids for bookings, a bearer token.

Planted: whether there are seats left is looked at before the fare is asked for, and not again when the booking is kept.
"""

import asyncio
import hashlib
import secrets
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import loop
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed
from kit.web import App, Refusal, Reply, Request, text, whole

SHOWS = {  # slug: title, seats
    "macbeth": ("Macbeth", 220),
    "der-besuch": ("Der Besuch der alten Dame", 180),
    "godot-late": ("En attendant Godot (late)", 90),
    "puppets-11h": ("Kasper & Co. 11 h", 80),
    "studio-a": ("Studio A: Krapp’s Last Tape", 1),
    "studio-b": ("Studio B: 4.48", 2),
    "studio-c": ("Studio C: 夕鶴", 3),
    "box-royal": ("Royal box, La Traviata", 4),
    "rehearsal": ("Open rehearsal", 6),
}


@dataclass
class State:
    users: dict[str, str] = field(default_factory=dict)  # name: digest of the password
    tokens: dict[str, str] = field(default_factory=dict)  # token: name
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def left(self, slug: str) -> int:
        return SHOWS[slug][1] - sum(each["seats"] for each in self.bookings.values() if each["show"] == slug)


class BoxOffice:
    def __init__(self, fares: Partner, fixed: bool) -> None:
        self._fares = fares
        self._fixed = fixed

    async def sign_up(self, request: Request) -> Reply:
        body = request.json()
        user, password = text(body, "user", 60), text(body, "password")
        if user in request.state.users:
            raise Refusal(409, "this user name is taken")
        request.state.users[user] = _digest(password)
        return Reply(201, _logged_in(request.state, user))

    async def log_in(self, request: Request) -> Reply:
        body = request.json()
        user = text(body, "user", 60)
        if request.state.users.get(user) != _digest(text(body, "password")):
            raise Refusal(401, "user or password is wrong")
        return Reply(200, _logged_in(request.state, user))

    async def shows(self, request: Request) -> Reply:
        return Reply(200, {"shows": [_shown(request.state, slug) for slug in SHOWS]})

    async def show(self, request: Request) -> Reply:
        return Reply(200, _shown(request.state, _slug(request)))

    async def book(self, request: Request) -> Reply:
        user, slug, body = _user(request), _slug(request), request.json()
        seats, note = whole(body, "seats", 1, 8), str(body.get("note") or "")[:200]
        _check_left(request.state, slug, seats)
        try:
            path = f"/fares/{slug}?seats={seats}"
            status, fare = await asyncio.to_thread(self._fares.ask, "GET", path, headers=traced(request.headers))
        except Unreachable as failure:
            raise Refusal(503, f"no fare: {failure}") from None
        if status != 200:
            raise Refusal(503, "no fare")
        if self._fixed:
            _check_left(request.state, slug, seats)
        booking = {"id": str(uuid.uuid4()), "show": slug, "seats": seats, "note": note, "cents": fare["cents"]}
        request.state.bookings[booking["id"]] = {**booking, "by": user}
        return Reply(201, booking, {"Location": f"/bookings/{booking['id']}"})

    async def mine(self, request: Request) -> Reply:
        user = _user(request)
        kept = [each for each in request.state.bookings.values() if each["by"] == user]
        return Reply(200, {"bookings": [{k: v for k, v in each.items() if k != "by"} for each in kept]})

    async def booking(self, request: Request) -> Reply:
        return Reply(200, {k: v for k, v in _own_booking(request).items() if k != "by"})

    async def cancel(self, request: Request) -> Reply:
        del request.state.bookings[_own_booking(request)["id"]]
        return Reply(204)


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _logged_in(state: State, user: str) -> dict[str, str]:
    token = secrets.token_hex(20)
    state.tokens[token] = user
    return {"user": user, "token": token}


def _user(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user: str | None = request.state.tokens.get(token)
    if scheme.lower() != "bearer" or user is None:
        raise Refusal(401, "log in first")
    return user


def _slug(request: Request) -> str:
    if request.params["slug"] not in SHOWS:
        raise Refusal(404, "no such show")
    return request.params["slug"]


def _check_left(state: State, slug: str, seats: int) -> None:
    if seats > state.left(slug):
        raise Refusal(409, "not so many seats are left")


def _shown(state: State, slug: str) -> dict[str, Any]:
    title, seats = SHOWS[slug]
    return {"slug": slug, "title": title, "seats": seats, "left": state.left(slug)}


def _own_booking(request: Request) -> dict[str, Any]:
    user = _user(request)
    found: dict[str, Any] | None = request.state.bookings.get(request.params["id"])
    if found is None or found["by"] != user:
        raise Refusal(404, "no such booking")
    return found


if __name__ == "__main__":
    asked = arguments(fares="URL of the fares service")
    office = BoxOffice(Partner(asked.fares, 0.4), is_fixed())
    routes = {
        "POST /signup": office.sign_up,
        "POST /login": office.log_in,
        "GET /shows": office.shows,
        "GET /shows/{slug}": office.show,
        "POST /shows/{slug}/bookings": office.book,
        "GET /bookings": office.mine,
        "GET /bookings/{id}": office.booking,
        "DELETE /bookings/{id}": office.cancel,
    }
    loop.serve(App(State, routes), asked.port)
