"""A step's request in the form in which it is sent: made before a connection is taken, so that sending only writes."""

from __future__ import annotations

from msgspec.structs import replace

from replayer.ownaddress import at_home
from replayer.plan import Request, Step
from replayer.target import Target
from replayer.wire.http1text import Expecting, Unsendable, written
from replayer.wire.http2fields import Fields, fields
from replayer.wire.opening import Opening, opening

Payload = bytes | Expecting | Fields | Opening


def payload(step: Step, request: Request, target: Target) -> Payload:
    """What `step` sends to `target`, whose address stands where the recorded one's did; `request` is its own, filled.

    Raises Unsendable, whose message says why.
    """
    if step.unsupported:
        raise Unsendable(f"unsupported: {step.unsupported}")
    request = at_home(request, target)
    if step.protocol == "h2":
        return fields(request, target)
    if step.protocol == "websocket":
        return opening(step, request, target)
    return written(request, target)


def carrying(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    """The request with these headers, in the place of those of the same names."""
    names = {name.lower() for name, _ in headers}
    kept = tuple(header for header in request.headers if header[0].lower() not in names)
    return replace(request, headers=kept + headers) if headers else request
