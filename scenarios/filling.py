"""What a scenario says of whose requests are sent, as the data that fills them: files read, variables looked up."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from msgspec.structs import replace

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from recorder.recording import Recording
from replayer.filling.filler import Fills
from replayer.filling.filling import Filling, Login, Mapped, Shift, Signing, Static, Users
from replayer.filling.logins import with_logins
from replayer.filling.spots import parse_spot
from replayer.plan import Plan, Step
from replayer.target import Target
from scenarios.scenario import Scenario
from scenarios.tables import mapping_by, mapping_of, rows_of
from scenarios.whose import Auth, Identities, LoginRequest, MapEntry


def filling_of(scenario: Scenario, environment: Mapping[str, str]) -> Filling:
    """The scenario's filling. Raises UsageError for a file that cannot be read or a variable that is not set."""
    auth = scenario.auth
    return Filling(
        users=_users(scenario, scenario.identities) if scenario.identities else None,
        mapped=tuple(_mapped(scenario, entry) for entry in scenario.map),
        static=_static(scenario, auth, environment) if auth else None,
        signing=_signing(scenario, auth.sign) if auth and auth.sign else None,
        login=_login(auth.login) if auth and auth.login else None,
        shift=Shift(speed=scenario.replay.speed) if scenario.replay.shift_dates else None,
    )


def recorded_as_planned(plan: Plan, recording: Recording, filling: Filling) -> Plan:
    """The plan of `recording` with the time that it was recorded at, and with the log-ins of its sessions."""
    first = next(recording.exchanges())
    recorded_s = recording.manifest.anchor.wall_s + first.started_s
    source = replace(plan.header.source, recorded_s=recorded_s) if plan.header.source else None
    steps = tuple(with_logins(plan.steps, filling.login)) if filling.login else plan.steps
    return Plan(replace(plan.header, source=source), steps)


def filler_for(filling: Filling, plan: Plan, target: str, anchor: Anchor, later: Iterable[Step] = ()) -> Fills:
    """The filler of one replay of `plan` against the URL `target`, whose due 0 is at `anchor`. Raises UsageError.

    `later` are steps that it shall fill when the plan's have ended.
    """
    recorded_s = plan.header.source.recorded_s if plan.header.source else 0.0
    shift = filling.shift and replace(filling.shift, recorded_s=recorded_s, now_s=anchor.wall_s)
    place = Target.parse(target)
    return Fills(
        replace(filling, shift=shift if recorded_s else None, horizon_steps=plan.header.budget.horizon_steps),
        seed=plan.header.seed,
        scheme="https" if place.tls else "http",
        host=place.host,
        wall=lambda: anchor.wall_s + anchor.elapsed_s(),
        wanted={binding.from_ for step in (*plan.steps, *later) for binding in step.bindings},
    )


def _users(scenario: Scenario, identities: Identities) -> Users:
    columns = tuple(identities.into)
    return Users(
        rows=rows_of(scenario.folder / identities.file, columns),
        spots=tuple(tuple(map(parse_spot, identities.into[column])) for column in columns),
        who=tuple(map(parse_spot, identities.who or ())),
    )


def _mapped(scenario: Scenario, entry: MapEntry) -> Mapped:
    spots = tuple(map(parse_spot, entry.at))
    if entry.value is not None:
        return Mapped(spots=spots, always=entry.value)
    if entry.file is not None:
        return Mapped(spots=spots, values=mapping_of(scenario.folder / entry.file))
    assert entry.sql is not None  # the type holds that one is there
    return Mapped(spots=spots, values=mapping_by(entry.sql, scenario.folder))


def _static(scenario: Scenario, auth: Auth, environment: Mapping[str, str]) -> Static | None:
    if auth.bearer:
        token = _variable(scenario, "auth.bearer", auth.bearer, environment)
        return Static(header="Authorization", value=f"Bearer {token}")
    if auth.basic:
        user = _variable(scenario, "auth.basic.user", auth.basic.user, environment)
        password = _variable(scenario, "auth.basic.password", auth.basic.password, environment)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return Static(header="Authorization", value=f"Basic {pair}")
    return None


def _variable(scenario: Scenario, where: str, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(f"{scenario.file}: {where}={name}: the environment has no such variable; set it and run again")
    return value


def _signing(scenario: Scenario, sign: str) -> Signing:
    file, _, name = sign.rpartition(":")
    return Signing(path=str(scenario.folder / file), name=name)


def _login(login: LoginRequest) -> Login:
    body = ""
    kind: tuple[tuple[str, str], ...] = ()
    if login.json is not None:
        body, kind = json.dumps(login.json), (("Content-Type", "application/json"),)
    elif login.form is not None:
        body, kind = urlencode(login.form), (("Content-Type", "application/x-www-form-urlencoded"),)
    return Login(
        method="POST",
        target=login.post,
        headers=(*kind, *login.headers.items()),
        body=body,
        at=login.take or "",
        into=login.into,
        wrap=login.wrap,
    )
