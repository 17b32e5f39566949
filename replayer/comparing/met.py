"""One side of a comparison: what a step was answered in one run, or why it was not, or why that can't be looked at."""

from __future__ import annotations

import msgspec

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Exchange, header
from replayer.outcome import Answer, Outcome
from replayer.ownaddress import without_own

# Why a body can't be compared though it came; each is counted by itself.
CUT = "the body is longer than what is kept of one (budget.body_bytes)"
NOT_RECORDED = "the recorded body is longer than the recorder keeps"
MESSAGES = "it is a WebSocket: its messages are not compared"
WITHHELD = "the recorded body could not be decoded, so not be redacted, and was left out"


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """`answer` is None exactly if there was none at all; `error` says why there is no whole one.

    `unread` says why its body can't be compared though it came whole; its length is known.
    """

    answer: Answer | None = None
    error: str | None = None
    unread: str | None = None


def met_of(outcome: Outcome, own: str = "") -> Met:
    """What a replayed step met, from the system at the address `own` ('127.0.0.1:8000'), where that is known.

    Of a step that was never sent: nothing, for that reason.
    """
    if outcome.not_sent is not None:
        return Met(error="not sent")
    answer = _anywhere(outcome.answer, own)
    error = outcome.attempts[-1].error if outcome.attempts else "no attempt"
    unread = None
    if answer is not None and error is None:
        unread = MESSAGES if answer.messages else CUT if answer.body_bytes > len(answer.body) else None
    return Met(answer=answer, error=error and error.partition(":")[0], unread=unread)


def met_of_exchange(exchange: Exchange) -> Met:
    """What the recorded client met: redacted, its body decoded of its Content-Encoding."""
    response = exchange.response
    if response is None:
        return Met(error=(exchange.error or "no answer").partition(":")[0])
    headers = tuple((each.name, each.value) for each in response.headers)
    trailers = tuple((each.name, each.value) for each in response.trailers)
    raw, unread = response.content.raw, MESSAGES if exchange.messages else None
    if response.content.size > len(raw):
        unread = NOT_RECORDED if response.content.digest else WITHHELD
    try:
        body = coding_of(header(response.headers, "content-encoding") or "").decode(raw) if raw else raw
    except CannotDecode:
        body = raw  # as the replay keeps what does not keep to its encoding
    answer = Answer(status=response.status, headers=headers, body=body, body_bytes=len(body), trailers=trailers)
    own = header(exchange.request.headers, "host") or ""
    return Met(answer=_anywhere(answer, own), error=exchange.error and "cut", unread=unread)


def _anywhere(answer: Answer | None, own: str) -> Answer | None:
    """The answer without the address of the system that gave it, which is another for each."""
    if answer is None or not own:
        return answer
    body = without_own(answer.body, own)
    headers = answer.headers
    if any(own in value for _, value in headers):
        headers = tuple((name, without_own(value.encode("latin-1"), own).decode("latin-1")) for name, value in headers)
    if body is answer.body and headers is answer.headers:
        return answer
    cut = answer.body_bytes - len(answer.body)
    return msgspec.structs.replace(answer, headers=headers, body=body, body_bytes=len(body) + cut)
