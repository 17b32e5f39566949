"""Sending a step as another session: with that one's cookies and credentials in place of its own."""

from __future__ import annotations

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import edited, the_step
from replayer.place import parse_place
from replayer.plan import Actor, Binding, Plan, Request, Step, in_place_order
from replayer.sequence import deadlock, swapped

# Where clients carry who they are. A name is a credential's in whatever case it is written.
CREDENTIALS = frozenset({"cookie", "authorization", "x-api-key", "x-auth-token", "x-csrf-token", "x-xsrf-token"})

Headers = tuple[tuple[str, str], ...]


def act_as(plan: Plan, step: str, session: str) -> Plan:
    """`step` is sent by `session`, with the credentials of that session's latest step whose bindings `step` can have.

    Raises UsageError where `session` has no step that carries credentials, or they are all made after `step`.
    """
    headers, bindings = credentials_of(_donor(plan, the_step(plan, step), session))
    return act_with(plan, step, session, headers, bindings)


def act_with(plan: Plan, step: str, session: str, headers: Headers, bindings: tuple[Binding, ...]) -> Plan:
    """`step` is sent by `session`, with these credentials and the bindings that fill them.

    Raises UsageError where a credential is only made by what the step is sent together with.
    """
    old = the_step(plan, step)
    own = tuple(header for header in old.request.headers if header[0].lower() not in CREDENTIALS)
    new = replace(
        old,
        session=session,
        request=replace(old.request, headers=own + headers),
        bindings=in_place_order((*(b for b in old.bindings if not is_credential(b)), *bindings)),
    )
    edit = Actor(
        step=step,
        session=session,
        was_session=old.session,
        was_bindings=old.bindings,
        was_headers=old.request.headers,
    )
    steps = swapped(plan.steps, new)
    if ring := deadlock(steps):
        raise UsageError(f"step={step} cannot act as {session}: {' waits for '.join(ring)}")
    return edited(plan, steps, edit)


def credentials_of(step: Step) -> tuple[Headers, tuple[Binding, ...]]:
    """The headers that say who sends `step`, and the bindings that fill them."""
    return _credentials(step.request), tuple(filter(is_credential, step.bindings))


def _donor(plan: Plan, step: Step, session: str) -> Step:
    ahead = {other.id for other in plan.steps[: plan.steps.index(step)]}
    carrying = [other for other in plan.steps if other.session == session and _credentials(other.request)]
    if not carrying:
        raise UsageError(f"session={session}: none of its steps carries a cookie or a credential to act with")
    ready = [other for other in carrying if all(b.from_ in ahead for b in other.bindings if is_credential(b))]
    if not ready:
        raise UsageError(f"session={session}: its credentials are made after step {step.id}, too late to act with")
    return next((other for other in reversed(ready) if other.id in ahead), ready[0])


def _credentials(request: Request) -> Headers:
    return tuple(header for header in request.headers if header[0].lower() in CREDENTIALS)


def is_credential(binding: Binding) -> bool:
    """Whether what it fills says who sends the request."""
    place = parse_place(binding.into)
    return place.kind == "cookie" or (place.kind == "header" and place.name.lower() in CREDENTIALS)
