"""Teams and their members: a cookie session, handles that are claimed at a directory which others use too.

A claim belongs to a team's uuid, so that a late message about one team never touches another of the same handle.
Planted: a team that is deleted is gone even if its claim could not be released.
"""

import secrets
import sys
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text

_HANDLE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass
class Team:
    """`state` is 'opening' until its handle is claimed, 'closing' until that is released.

    `instead_of` are teams of the handle that came to nothing, and whose claims may stand.
    """

    handle: str
    title: str
    owner: str
    state: str = "opening"
    instead_of: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    members: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {"handle": self.handle, "title": self.title, "members": self.members}


@dataclass
class State:
    """`lock` guards a team's life, the calls to the directory included."""

    users: dict[str, str] = field(default_factory=dict)  # cookie: name
    teams: dict[str, Team] = field(default_factory=dict)  # by handle
    lock: threading.RLock = field(default_factory=threading.RLock)

    def live(self, handle: str) -> Team | None:
        team = self.teams.get(handle)
        return team if team and team.state == "live" else None


class Teams:
    def __init__(self, directory: Partner, fixed: bool) -> None:
        self._directory = directory
        self._fixed = fixed

    def log_in(self, request: Request) -> Reply:
        user, session = text(request.json(), "user", 60), secrets.token_hex(16)
        request.state.users[session] = user
        return Reply(200, {"user": user}, {"Set-Cookie": f"team_sid={session}; Path=/; HttpOnly"})

    def teams(self, request: Request) -> Reply:
        user = _user(request)
        live = [team for team in list(request.state.teams.values()) if team.state == "live"]
        return Reply(200, {"teams": [team.shown() for team in live if team.owner == user]})

    def team(self, request: Request) -> Reply:
        return Reply(200, _own(request).shown())

    def create(self, request: Request) -> Reply:
        user, body = _user(request), request.json()
        handle, title = text(body, "handle", 40), text(body, "title", 80)
        if not set(handle) <= _HANDLE:
            raise Refusal(422, "handle: expected a-z, 0-9 and '-'")
        with request.state.lock:
            if request.state.live(handle):
                raise Refusal(409, "this handle is taken")
            before: Team | None = request.state.teams.get(handle)
            team = Team(handle, title, user, instead_of=(*before.instead_of, before.id) if before else ())
            request.state.teams[handle] = team
            claim = {"by": team.id, "instead_of": team.instead_of}
            if self._asked(request, "PUT", f"/claims/{handle}", claim) == 409:
                del request.state.teams[handle]
                raise Refusal(409, "this handle is taken")
            team.state = "live"
        return Reply(201, team.shown(), {"Location": f"/teams/{handle}"})

    def add_member(self, request: Request) -> Reply:
        user = text(request.json(), "user", 60)
        with request.state.lock:
            team = _own(request)
            if user in team.members:
                raise Refusal(409, "a member already")
            team.members.append(user)
            return Reply(201, team.shown())

    def delete(self, request: Request) -> Reply:
        with request.state.lock:
            team = _own(request)
            if self._fixed:
                team.state = "closing"
                self._asked(request, "DELETE", f"/claims/{team.handle}?by={team.id}")
                del request.state.teams[team.handle]
                return Reply(204)
            del request.state.teams[team.handle]
            try:
                self._asked(request, "DELETE", f"/claims/{team.handle}?by={team.id}")
            except Refusal as failure:  # the directory sweeps up in the end, they say
                sys.stderr.write(f"WARN {team.handle} is still claimed: {failure}\n")
            return Reply(204)

    def _asked(self, request: Request, method: str, path: str, payload: Any = None) -> int:
        try:
            return self._directory.ask(method, path, payload, traced(request.headers))[0]
        except Unreachable:
            raise Refusal(503, "the directory does not answer; try again") from None


def _user(request: Request) -> str:
    user: str | None = request.state.users.get(request.cookie("team_sid"))
    if user is None:
        raise Refusal(401, "log in first")
    return user


def _own(request: Request) -> Team:
    user = _user(request)
    team: Team | None = request.state.live(request.params["handle"])
    if team is None or team.owner != user:
        raise Refusal(404, "no such team of yours")
    return team


if __name__ == "__main__":
    asked = arguments(directory="URL of the directory")
    teams = Teams(Partner(asked.directory, 0.3), is_fixed())
    routes = {
        "POST /login": teams.log_in,
        "GET /teams": teams.teams,
        "POST /teams": teams.create,
        "GET /teams/{handle}": teams.team,
        "DELETE /teams/{handle}": teams.delete,
        "POST /teams/{handle}/members": teams.add_member,
    }
    serve(App(State, routes), asked.port)
