"""Redaction at capture: what the policy names is replaced by keyed pseudonyms before anything reaches a disk.

Outside the redacted places every byte stays as it was: JSON is changed inside its text, forms pair by pair, a
compressed body is encoded again only when something in it changed, and Content-Length follows.
"""

import base64
import binascii
import re
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import msgspec

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Content, Exchange, Header, Request, Response, header
from recorder.jsonspans import Span, quoted, spans, string_of
from recorder.policy import Policy, Redaction, names_of
from recorder.pseudonym import E_MAIL, Pseudonyms

DEFAULT = Policy()

_KNOWN_LIMIT = 100_000  # secrets remembered, to tell them in paths and under other names
_KNOWN_CHARS = 12  # shorter ones may be anything
_URL_HEADERS = frozenset({"location", "content-location", "referer", "origin", "link", "refresh"})
_USER_INFO = re.compile(r"(?<=://)[^/@?#]+(?=@)")
_FORM = re.compile(rb"[\w.\[\]%+-]+=[^&\s]*(?:&[\w.\[\]%+-]+=[^&\s]*)*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*)( +)(\S.*)")
_TEXT_NAME = re.compile(r"""([\w-]+)["']?\s*[=:]\s*["']?""")
_TEXT_VALUE = re.compile(r"""(?<=["'])[^"']+|[^\s,;&"']+""")

Message = TypeVar("Message", Request, Response)


class Redactor:
    """Redacts exchanges and texts under one key. Consistent over all it is given; belongs to one thread."""

    def __init__(self, key: bytes, policy: Policy = DEFAULT) -> None:
        self.bodies_withheld = 0  # so far: they could not be decoded, so not be redacted, so are left out
        self._policy = policy
        self._pseudonyms = Pseudonyms(key)
        self._headers = frozenset(name.lower() for name in policy.headers)
        self._is_named = names_of(policy)
        self._worth_a_look = _worth_a_look(policy)
        self._known: dict[str, None] = {}  # in order of coming, the oldest first

    @property
    def redaction(self) -> Redaction:
        """What the manifest says of it."""
        return Redaction(policy=self._policy, key_fingerprint=self._pseudonyms.fingerprint)

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without what the policy names."""
        request = msgspec.structs.replace(exchange.request, url=self.target(exchange.request.url))
        request = self._message(request, "post_data", request.post_data)
        response = exchange.response and self._message(exchange.response, "content", exchange.response.content)
        error = exchange.error and self.text(exchange.error)
        return msgspec.structs.replace(exchange, request=request, response=response, error=error)

    def text(self, text: str) -> str:
        """Free text, as an error's message, without e-mail addresses, credentials and values of named fields."""
        text = re.sub(r"\b(Bearer|Basic) (\S+)", lambda match: self._authorization(match[0]), text)
        text = self._text_pairs(text)
        return E_MAIL.sub(lambda match: self._secret(match[0]), text) if "@" in text else text

    def _text_pairs(self, text: str) -> str:
        """Free text without the values in `name=value` and `"name": "value"`."""
        pieces, done = [], 0
        for name in _TEXT_NAME.finditer(text):
            value = _TEXT_VALUE.match(text, name.end())
            if value and name.start() >= done and self._is_named(name[1]):
                pieces += [text[done : value.start()], self._secret(value[0])]
                done = value.end()
        return "".join([*pieces, text[done:]])

    def target(self, target: str) -> str:
        """A request target or URL: named query values, and path segments that are e-mail addresses or known secrets."""
        target = _USER_INFO.sub(lambda match: self._secret(match[0]), target)
        path, mark, query = target.partition("?")
        if "@" in path or "%40" in path or self._known:
            path = "/".join(self._segment(segment) for segment in path.split("/"))
        query, hash_mark, fragment = query.partition("#")
        return path + mark + self.form(query) + hash_mark + fragment

    def form(self, form: str) -> str:
        """'name=value' pairs joined by '&', as in queries and bodies."""
        return "&".join(self._form_pair(pair) for pair in form.split("&")) if form else form

    def json(self, text: str) -> str:
        """A JSON text; all that stands below a named field, and e-mail addresses and known secrets anywhere."""
        pieces, done = [], 0
        for span in spans(text, self._is_named):
            token = text[span.start : span.end]
            redacted = self._json_token(token, span)
            if redacted != token:
                pieces += [text[done : span.start], redacted]
                done = span.end
        return "".join([*pieces, text[done:]])

    def _json_token(self, token: str, span: Span) -> str:
        if not token.startswith('"'):
            return self._secret(token) if span.named else token
        value = string_of(token)
        if span.named or self._is_telling(value):
            return quoted(self._secret(value), token)
        return token

    def _form_pair(self, pair: str) -> str:
        name, mark, value = pair.partition("=")
        plain = unquote_plus(value)
        if mark and plain and (self._is_named(unquote_plus(name)) or self._is_telling(plain)):
            return f"{name}={quote_plus(self._secret(plain), safe='@' if '@' in value else '')}"
        return pair

    def _segment(self, segment: str) -> str:
        plain = unquote(segment)
        return quote(self._secret(plain), safe="@" if "@" in segment else "") if self._is_telling(plain) else segment

    def _is_telling(self, value: str) -> bool:
        """Whether a value is redacted under any name."""
        return value in self._known or ("@" in value and E_MAIL.fullmatch(value) is not None)

    def _secret(self, value: str) -> str:
        """The pseudonym; the value is known from now on."""
        if len(value) >= _KNOWN_CHARS and not value.isalpha() and value not in self._known:
            if len(self._known) >= _KNOWN_LIMIT:
                self._known.pop(next(iter(self._known)))
            self._known[value] = None
        return self._pseudonyms.of(value)

    def _headers_of(self, headers: tuple[Header, ...]) -> tuple[Header, ...]:
        return tuple(self._header(one) for one in headers)

    def _header(self, one: Header) -> Header:
        name = one.name.lower()
        if name in self._headers:
            return Header(one.name, self._named_header(name, one.value))
        if name in _URL_HEADERS:
            return Header(one.name, self.target(one.value))
        if self._is_telling(one.value):
            return Header(one.name, self._secret(one.value))
        return one

    def _named_header(self, name: str, value: str) -> str:
        if name == "cookie":
            return ";".join(self._cookie(pair) for pair in value.split(";"))
        if name == "set-cookie":
            pair, mark, attributes = value.partition(";")
            return self._cookie(pair) + mark + attributes
        if name in ("authorization", "proxy-authorization"):
            return self._authorization(value)
        return self._secret(value)

    def _cookie(self, pair: str) -> str:
        name, mark, value = pair.partition("=")
        bare = (value if mark else name).strip().strip('"')
        if not bare:
            return pair
        return name + mark + value.replace(bare, self._secret(bare)) if mark else name.replace(bare, self._secret(bare))

    def _authorization(self, value: str) -> str:
        parts = _SCHEME.fullmatch(value)
        if not parts:
            return self._secret(value)
        scheme, gap, credentials = parts.groups()
        if scheme.lower() == "basic" and (redacted := self._basic(credentials)) is not None:
            return scheme + gap + redacted
        return scheme + gap + self._secret(credentials)

    def _basic(self, credentials: str) -> str | None:
        """user:password in base64, each by its own pseudonym; None if it is not that."""
        try:
            user, mark, password = base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")
        except binascii.Error:
            return None
        plain = f"{self._secret(user)}{mark}{self._secret(password)}"
        return base64.b64encode(plain.encode("latin-1")).decode("ascii")

    def _message(self, message: Message, field: str, content: Content) -> Message:
        """The message with its headers and its body (in `field`) redacted, and its Content-Length right."""
        headers = self._headers_of(message.headers)
        redacted = self._content(message.headers, content)
        if redacted is not content and redacted.size != content.size:
            headers = tuple(
                Header(one.name, str(redacted.size)) if one.name.lower() == "content-length" else one for one in headers
            )
        return msgspec.structs.replace(message, headers=headers, **{field: redacted})

    def _content(self, headers: tuple[Header, ...], content: Content) -> Content:
        """The same object if nothing in it had to change."""
        raw = content.raw
        if not raw:
            return content
        try:
            coding = coding_of(header(headers, "content-encoding") or "")
            body = coding.decode(raw)
            redacted = self._body((header(headers, "content-type") or "").lower(), body)
        except CannotDecode:
            self.bodies_withheld += 1
            return Content(size=content.size)
        return content if redacted == body else Content.of(coding.encode(redacted))

    def _body(self, content_type: str, body: bytes) -> bytes:
        if content_type.startswith("multipart/"):
            return _PART.sub(self._part, body)
        if "form-urlencoded" in content_type or (not content_type and _FORM.fullmatch(body)):
            return _bytes(self.form(_text(body)))
        if not ("json" in content_type or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")):
            return body
        if b"\x00" in body[:4]:
            raise CannotDecode("JSON in UTF-16 or UTF-32")
        return _bytes(self.json(_text(body))) if self._worth_a_look.search(body) else body

    def _part(self, part: re.Match[bytes]) -> bytes:
        """A part of a multipart form (RFC 7578): if it is no file, a form's value; JSON is looked into."""
        head, name, text = part[1], part[2].decode("latin-1"), _text(part[3])
        if b"filename" not in head and (self._is_named(name) or self._is_telling(text)):
            return head + _bytes(self._secret(text))
        return head + _bytes(self.json(text)) if text[:1] in ("{", "[") else part[0]


def _text(body: bytes) -> str:
    """The body as text, from which `_bytes` makes the same bytes again, whether they are UTF-8 or not."""
    return body.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_PART = re.compile(
    rb'(content-disposition:[^\r\n]*?\bname="([^"]*)"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)(.*?)(?=\r\n--)', re.I | re.S
)


def _worth_a_look(policy: Policy) -> re.Pattern[bytes]:
    """Matches every body that can hold something to redact: a quick no for all the others."""
    names = (r"[\W_]*".join(re.escape(word) for word in name.split()) for name in policy.fields)
    return re.compile("|".join(["@", "%40", r"\\u", *names]).encode(), re.IGNORECASE)
