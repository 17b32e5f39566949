"""W3C Trace Context, passed on: what a request causes carries the `traceparent` that it came with."""

from contextvars import ContextVar

HEADER = "traceparent"

# Of the request that this thread answers; None where it has none, or the thread answers no request.
traceparent: ContextVar[str | None] = ContextVar(HEADER, default=None)


def carried() -> dict[str, str]:
    """The header for a request to another service; none where there is nothing to pass on."""
    value = traceparent.get()
    return {HEADER: value} if value else {}
