"""A step once more, as another client's: with its own id, session and connection, bound to its own clone's answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from msgspec.structs import replace

from replayer.plan import Request, Step

# Said by the client to tell its own requests apart: two clones that said the same would be taken for one.
_TELLS_REQUESTS_APART = frozenset(
    {"idempotency-key", "x-idempotency-key", "x-request-id", "x-correlation-id", "request-id"}
)
_SIGN = re.compile(r"[0-9a-f]|[g-z]|[A-Z]")
_HEX, _SMALL, _LARGE = "0123456789abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def renamed(step: Step, mark: str) -> Step:
    """The step with `mark` behind everything it is called by and refers to: 's12~2' of session 'a~2'."""
    bound = {binding.into for binding in step.bindings}
    return replace(
        step,
        id=step.id + mark,
        session=step.session + mark,
        connection=step.connection and step.connection + mark,
        barrier=step.barrier and step.barrier + mark,
        after=tuple([other + mark for other in step.after]),
        bindings=tuple([replace(binding, from_=binding.from_ + mark) for binding in step.bindings]),
        request=_fresh(step.request, mark, bound),
    )


def _fresh(request: Request, mark: str, bound: Iterable[str]) -> Request:
    """With ids of requests that are this clone's own, of the same look; those that an answer gives are its to say."""
    if not any(name.lower() in _TELLS_REQUESTS_APART for name, _ in request.headers):
        return request
    given = {into.lower() for into in bound}
    headers = tuple(
        (name, alike(value, mark))
        if name.lower() in _TELLS_REQUESTS_APART and f"header:{name.lower()}" not in given
        else (name, value)
        for name, value in request.headers
    )
    return replace(request, headers=headers)


def alike(value: str, mark: str) -> str:
    """A value of the same look, the same for the same value and mark."""
    drawn = iter(hashlib.shake_256(f"{mark} {value}".encode()).digest(len(value)))

    def other(sign: re.Match[str]) -> str:
        text = sign[0]
        signs = _HEX if text in _HEX else _SMALL if text in _SMALL else _LARGE
        if text.isdecimal():
            signs = _HEX[:10]
        return signs[next(drawn) % len(signs)]

    return _SIGN.sub(other, value)
