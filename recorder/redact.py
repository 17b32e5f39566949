"""Redaction at capture: what the policy names is replaced by keyed pseudonyms before anything reaches a disk.

Outside the redacted places every byte stays as it was: JSON is changed inside its text, forms pair by pair, a
compressed body is encoded again only when something in it changed, and Content-Length follows.
"""

from http import HTTPStatus
from typing import TypeVar

import msgspec

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Content, Exchange, Header, Message, Request, Response
from recorder.policy import Policy, Redaction
from recorder.privacy.bodies import Bodies
from recorder.privacy.headers import Headers
from recorder.privacy.layers import as_bytes
from recorder.privacy.pairs import redact_pairs, redact_url
from recorder.privacy.rules import Rules
from recorder.privacy.values import StandIns, Values
from recorder.pseudonym import Pseudonyms

DEFAULT = Policy()

_REASONS = frozenset(["", *(status.phrase for status in HTTPStatus)])

OneWay = TypeVar("OneWay", Request, Response)


class Redactor:
    """Redacts exchanges and texts under one key. Consistent over all it is given; belongs to one thread."""

    def __init__(self, key: bytes, policy: Policy = DEFAULT, *, stand_ins: StandIns | None = None) -> None:
        self.bodies_withheld = 0  # so far: they could not be decoded, so not be redacted, so are left out
        self.place = ""  # what of an exchange is being redacted
        pseudonyms = Pseudonyms(key)
        self._redaction = Redaction(policy=policy, key_fingerprint=pseudonyms.fingerprint)
        self._values = Values(stand_ins or pseudonyms, policy, remembers=stand_ins is None)
        self._headers = Headers(self._values, policy)
        self._bodies = Bodies(self._values)
        self._rules = Rules(policy.rules)

    @property
    def redaction(self) -> Redaction:
        """What the manifest says of it."""
        return self._redaction

    @property
    def looking_at(self) -> str:
        """The name of the value that was looked at last; '' where it has none."""
        return self._values.looking_at

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without what the policy names."""
        request, response = exchange.request, exchange.response
        self._values.rules = self._rules.of(request.method, request.url)
        self._headers.note_host(request.headers)
        self.place = "request's target"
        url = self.target(request.url)
        request = self._one_way("request", msgspec.structs.replace(request, url=url), "post_data", request.post_data)
        if response:
            response = self._one_way("response", self._said(response), "content", response.content)
        self.place = "error"
        return msgspec.structs.replace(
            exchange,
            request=request,
            response=response,
            error=exchange.error and self.text(exchange.error),
            messages=tuple(map(self._message, exchange.messages)),
        )

    def message(self, content: Content, content_type: str, *, of: Request) -> Content:
        """What was said later on the socket, or the event stream, that this request opened."""
        self.place = "message"
        self._values.rules = self._rules.of(of.method, of.url)
        return self._content((Header("content-type", content_type),), content) if content.text else content

    def text(self, text: str) -> str:
        """Free text, as an error's message, without private kinds, credentials and values of named fields."""
        self._values.looking_at = ""
        return self._values.free(text)

    def target(self, target: str) -> str:
        """A request's target: query values and path segments."""
        return redact_url(self._values, target, is_target=True)

    def form(self, form: str) -> str:
        """'name=value' pairs joined by '&', as in queries and bodies."""
        return redact_pairs(self._values, form, "form")

    def json(self, text: str) -> str:
        """A JSON text."""
        return self._values.json(text)

    def body(self, content_type: str, body: bytes) -> bytes:
        """A decoded body of this (lower-case) type. CannotDecode if it cannot be looked into."""
        return self._bodies.redacted(content_type, body)

    def _said(self, response: Response) -> Response:
        """With its reason redacted; a standard one says nothing, and stays in strict mode."""
        if response.status_text in _REASONS:
            return response
        self.place = "response's reason"
        return msgspec.structs.replace(response, status_text=self.text(response.status_text))

    def _one_way(self, way: str, message: OneWay, field: str, content: Content) -> OneWay:
        """Request or response with headers, trailers and its body (in `field`) redacted, its Content-Length right."""
        self.place = f"{way}'s headers"
        headers = self._headers.redacted(message.headers)
        trailers = self._headers.redacted(message.trailers) if message.trailers else ()
        self.place = f"{way}'s body"
        redacted = self._content(message.headers, content) if content.text else content
        if redacted.size != content.size:
            headers = tuple(
                [
                    Header(one.name, str(redacted.size)) if one.name.lower() == "content-length" else one
                    for one in headers
                ]
            )
        return msgspec.structs.replace(message, headers=headers, trailers=trailers, **{field: redacted})

    def _content(self, headers: tuple[Header, ...], content: Content) -> Content:
        """The same object if nothing in it had to change. A body's digest tells nothing, and stays."""
        content_type, codings = _about(headers)
        try:
            if not codings and content.encoding is None:
                return self._text_content(content_type, content)
            coding = coding_of(codings)
            body = coding.decode(content.raw)
            redacted = self._bodies.redacted(content_type, body)
        except CannotDecode:
            self.bodies_withheld += 1
            return Content(size=content.size)
        return content if redacted == body else Content.of(coding.encode(redacted))

    def _text_content(self, content_type: str, content: Content) -> Content:
        redacted = self._bodies.redacted_text(content_type, content.text)
        return content if redacted == content.text else Content.of(as_bytes(redacted))

    def _message(self, message: Message) -> Message:
        """A WebSocket message: JSON, text, or bytes."""
        self.place = "message"
        raw = message.content.raw
        try:
            redacted = self._bodies.redacted("", raw)
        except CannotDecode:
            self.bodies_withheld += 1
            return msgspec.structs.replace(message, content=Content(size=message.content.size))
        return message if redacted == raw else msgspec.structs.replace(message, content=Content.of(redacted))


def _about(headers: tuple[Header, ...]) -> tuple[str, str]:
    """(media type in small letters, codings) of a message's body; '' where nothing says so."""
    content_type = codings = None
    for one in headers:
        if len(one.name) == 12 and content_type is None and one.name.lower() == "content-type":
            content_type = one.value.lower()
        elif len(one.name) == 16 and codings is None and one.name.lower() == "content-encoding":
            codings = one.value
    return content_type or "", codings or ""
