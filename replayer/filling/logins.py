"""A log-in as a step of the plan: sent before the first request of its session that carries a credential of old.

So it is due, timed, told and compared like any other, and what its answer says goes on by bindings.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from replayer.filling.credentials import carries_credential, refused
from replayer.filling.filling import Login
from replayer.place import NoSuchPlace, parse_place
from replayer.places import read_request
from replayer.plan import Binding, Body, Request, Step, in_place_order

_LOGIN = "login-"
_SESSIONS = 100_000  # remembered; those that were silent longest would be logged in once more


def with_logins(steps: Iterable[Step], login: Login) -> Iterator[Step]:
    """The steps in their order, each session's log-in ('login-s7') before the step that needs it first (s7)."""
    made: OrderedDict[str, str] = OrderedDict()
    for step in steps:
        if refused(step) or not _needs(step, login):
            yield step
            continue
        name = made.get(step.session)
        if name is None:
            name = made[step.session] = _LOGIN + step.id
            if len(made) > _SESSIONS:
                made.popitem(last=False)
            yield _login(name, step, login)
        else:
            made.move_to_end(step.session)
        yield _behind(step, name, login)


def _needs(step: Step, login: Login) -> bool:
    """Whether it carries a credential that no answer of the recording gave."""
    if not login.at:
        return carries_credential(step.request)
    if any(parse_place(binding.into).same(parse_place(login.into)) for binding in step.bindings):
        return False
    try:
        read_request(step.request, login.into)
    except NoSuchPlace:
        return False
    return True


def is_login(step: Step) -> bool:
    return step.id.startswith(_LOGIN)


def login_request(request: Request, login: Login) -> Request:
    """What a log-in really sends: a plan, which may be written to disk, holds no more than that there is one."""
    return replace(request, headers=login.headers, body=Body.of(login.body.encode()))


def _login(name: str, step: Step, login: Login) -> Step:
    return Step(
        id=name,
        due_s=step.due_s,
        session=step.session,
        route=f"{login.method} {login.target.partition('?')[0]}",
        request=Request(method=login.method, target=login.target),
        after=step.after,
        connection=step.connection,
    )


def _behind(step: Step, name: str, login: Login) -> Step:
    bindings = step.bindings
    if login.at:
        bound = Binding(into=login.into, from_=name, at=login.at, wrap=login.wrap)
        bindings = in_place_order((*bindings, bound))
    after = step.after if name in step.after else (*step.after, name)
    return replace(step, after=after, bindings=bindings)
