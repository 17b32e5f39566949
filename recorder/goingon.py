"""Exchanges that were stored when they opened and go on: what has to be known of them to store what follows."""

from typing import NamedTuple

import msgspec

from recorder.exchange import Content, Exchange, Request
from recorder.following import EndLine, Following, content_type
from recorder.redact import Redactor


class _Opening(NamedTuple):
    request: Request  # as it came, for rules by route: without headers and body, which nobody asks for again
    content_type: str


class GoingOn:
    """Belongs to one thread. Holds one small entry for each open socket, and none of what is said on it."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._open: dict[str, _Opening] = {}

    def open(self, exchange: Exchange) -> None:
        """Notes an exchange that was stored; as it came, not as it was redacted."""
        bare = msgspec.structs.replace(exchange.request, headers=(), post_data=Content(size=0), trailers=())
        self._open[exchange.id] = _Opening(bare, content_type(exchange))

    def redacted(self, line: Following) -> Following | None:
        """What may be stored of the line; None where its exchange is not stored. An end is the last that is asked."""
        opening = self._open.get(line.of)
        if opening is None:
            return None
        if isinstance(line, EndLine):
            del self._open[line.of]
            return msgspec.structs.replace(line, error=line.error and self._redactor.text(line.error))
        content = self._redactor.message(line.content, opening.content_type, of=opening.request)
        return msgspec.structs.replace(line, content=content)
