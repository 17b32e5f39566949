"""A text, wherever it stood, without what is private in it: looked into through every encoding, to a bounded depth.

Most texts hold nothing, and the same ones come again and again: what was found plain is remembered, and a JSON text of
which every string is known as plain is done at the price of cutting it into strings.
"""

import html
import json
import re
from collections.abc import Container
from typing import Protocol

import msgspec

from recorder.jsonspans import quoted, string_of
from recorder.policy import Policy
from recorder.privacy import kinds
from recorder.privacy.jsonwalk import Field, Spot, walk
from recorder.privacy.layers import DEPTH, ESCAPED, Unpacked, as_bytes, unbased, unescaped
from recorder.privacy.memory import KNOWN_CHARS, Known, Plain
from recorder.privacy.naming import DEEP, PLAIN, naming_by
from recorder.privacy.pairs import redact_pairs, redact_url
from recorder.privacy.rules import Action, Active, joined

_QUICK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|\d{14,}', re.DOTALL)
_NOTHING = re.compile(
    r"(?:(?>(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,12})(?:[ ,.'!?_;-]{1,3}|\Z)|\d{1,4} ?(?=[A-Za-z]))++"  # words as people write
    r"|-?\d{1,13}(?:\.\d{1,8})?"  # a number
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?)?"  # a date, a time
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|(?=\d*[a-f])[0-9a-f]{7,128}"  # a digest
    r"|[A-Za-z]{1,8}[_-]?\d{1,8}(?:-\d{1,4})?"  # a numbered name
    r"|.{0,4})\Z",
    re.DOTALL,
)
_FORM = re.compile(r"[\w.\[\]%+-]+=[^&\s]*(?:&[\w.\[\]%+-]+=[^&\s]*)*")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?/[^\s\"'<>{}]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*)( +)(\S.*)", re.DOTALL)
_CREDENTIALS = re.compile(r"(?:bearer|basic|token|digest) ", re.IGNORECASE)
_GRAPHQL = re.compile(r"\s*(?:(?:query|mutation|subscription|fragment)\b[^{\"]*\{|\{\s*\w+\s*[({:])")
_TEXT_NAME = re.compile(r"""(?<![\w-])([\w-]{2,64})\\*["']?\s*[=:]\s*\\*["']?""")
_TEXT_VALUE = re.compile(r"""(?<=["'])[^"'\\]+|[^\s,;&"'\\<>{}()\[\]]+""")
_TAG = re.compile(r"<(?:[\w-]+:)?([\w-]+)(?:\s[^<>]*)?>([^<>]+)(?=</)")
_INPUT = re.compile(r"""(<input\b[^>]*\bname=["']?([\w.\[\]-]+)[^>]*\bvalue=["'])([^"'>]+)""", re.IGNORECASE)
_ESCAPED_RUN = re.compile(r"[^\s\"'<>]{0,2000}?%[0-9A-Fa-f]{2}[^\s\"'<>]*")
_PACKED_RUN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/_-])")
_WORD = re.compile(r"[^\W_]+")
_COLON = re.compile(r"\s*:")
_SCALAR = re.compile(r'\s*("[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|true|false|null)', re.DOTALL)
_NAMELESS = Field("", PLAIN, "")
_FIELDS_LIMIT = 20_000
_VERSION = re.compile(r"version|release|build|firmware|user.?agent", re.IGNORECASE)


class StandIns(Protocol):
    """Who gives stand-ins: pseudonyms; or a scan, which notes what it is asked for."""

    def of(self, value: str) -> str: ...

    def hashed(self, value: str) -> str: ...


class Values:
    """Redacts texts under one policy. Belongs to one thread. `rules` are those of the exchange that is under way."""

    def __init__(self, stand_ins: StandIns, policy: Policy) -> None:
        self.rules = Active(())
        self.strict = policy.strict
        self.known = Known()
        self.plain = Plain()
        self.naming_of = naming_by(policy)
        self.looking_at = ""  # the name of the last value that was looked at
        self.own_hosts: set[str] = set()  # addresses of the recorded system are nobody's
        self._stand_ins = stand_ins
        self._kept_kinds = frozenset(policy.kept_kinds)
        self._fields: dict[str, Field] = {}
        self._fresh: set[str] = set()  # stand-ins that stand in the text at hand, not to be replaced again

    def secret(self, value: str, naming: int = DEEP) -> str:
        """The stand-in of a value that is private as a whole; its scheme stays if it is credentials."""
        scheme = _SCHEME.fullmatch(value) if _CREDENTIALS.match(value) else None
        if scheme:
            return scheme[1] + scheme[2] + self.secret(scheme[3], naming)
        if naming == DEEP and self.known.learn(value):
            self.plain.forget(value)
        return self._stand_ins.of(value)

    def acted(self, action: Action, value: str) -> str | None:
        """What a rule makes of a value; None if it drops it."""
        match action.name:
            case "keep":
                return value
            case "drop":
                return None
            case "hash":
                return self._stand_ins.hashed(value)
            case "replace":
                return action.to if isinstance(action.to, str) else json.dumps(action.to)
        return self.secret(value)

    def value(self, text: str, naming: int = PLAIN, name: str = "", depth: int = DEPTH) -> str:
        """A value, decoded: replaced if its name or its kind says so, else without what is private in it."""
        self.looking_at = name
        if naming and text:
            return self.secret(text, naming)
        if text in self.known:
            return self._stand_ins.of(text)
        if self.strict:
            return self._strictly(text, name, depth)
        if text in self.plain or _NOTHING.match(text):
            return text
        new = self._inside(text, name, depth)
        if new == text and not _VERSION.search(name):
            self.plain.add(text)
        return new

    def _strictly(self, text: str, name: str, depth: int) -> str:
        """Nothing of it stays but its structure: JSON, a URL's host, a form's names."""
        if depth and (text[:1] in ("{", "[", "/") or "://" in text[:12] or _FORM.fullmatch(text)):
            return self._inside(text, name, depth)
        return self._stand_ins.of(text)

    def _inside(self, text: str, name: str, depth: int) -> str:
        if not depth:  # packed deeper than anybody is looked for: gone as a whole
            is_packed = unescaped(text) or unbased(text) or text.lstrip()[:1] in ("{", "[")
            return self.secret(text) if is_packed else self.free(text, name)
        if text.lstrip()[:1] in ("{", "[") and is_json(text):
            return self.json(text, depth - 1)
        if _GRAPHQL.match(text):
            return self.graphql(text, depth - 1)
        if _URL.fullmatch(text):
            return redact_url(self, text, depth - 1)
        if _FORM.fullmatch(text) and not text.endswith("="):
            return redact_pairs(self, text, "form", depth - 1)
        for unpack in (unescaped, unbased):
            unpacked = unpack(text)
            if unpacked:
                return self._repacked(unpacked, text, name, depth)
        return self.free(text, name, depth)

    def _repacked(self, unpacked: Unpacked, text: str, name: str, depth: int) -> str:
        new = self.value(unpacked.text, PLAIN, name, depth - 1)
        return text if new == unpacked.text else unpacked.pack(new)

    # JSON and GraphQL

    def json(self, text: str, depth: int = DEPTH) -> str:
        """A JSON text; what is not JSON in it is looked through as free text."""
        if is_json(text):
            if self.strict or self.rules.any("json"):
                return self._walked(text, depth)
            odd = self._odd_tokens(text, depth)
            patched = self._patched(text, odd, depth) if odd else text
            return self._walked(text, depth) if patched is None else patched
        if not self.strict:
            lines = text.split("\n")
            if len(lines) > 1 and all(not line.strip() or is_json(line) for line in lines):
                return "\n".join(self.json(line, depth) if line.strip() else line for line in lines)
        return self._broken_json(text, depth)

    def _odd_tokens(self, text: str, depth: int) -> list[str]:
        """Of its strings, names (with their colon) and long numbers those that may be something; names first."""
        odd = []
        for token in self.plain.new_of(_QUICK.findall(text)):
            if self._is_plain_token(token, depth):
                self.plain.add(token)
            else:
                odd.append(token)
        return sorted(odd, key=lambda token: token[-1] != ":")

    def _patched(self, text: str, odd: list[str], depth: int) -> str | None:
        """JSON with those tokens replaced where they stand; None where it has to be walked to know what is below what.

        In JSON a quote that no backslash precedes begins or ends a string: what begins with one is found as it stands.
        """
        new: dict[int, tuple[int, str]] = {}  # by where it begins: where it ends, what stands there then
        for token in odd:
            is_name = token[-1] == ":"
            if token[0] != '"' or (is_name and self._field(token[:-1].rstrip()).token != token[:-1].rstrip()):
                return None
            at = text.find(token)
            while at >= 0:
                end = at + len(token)
                if text[at - 1 : at] == "\\" or (not is_name and _COLON.match(text, end)):
                    return None
                scalar = _SCALAR.match(text, end if is_name else at)
                if scalar is None:
                    return None
                if scalar.start(1) not in new:
                    field = self._field(token[:-1].rstrip()) if is_name else _NAMELESS
                    said = self._token(scalar[1], Spot(field.name, field.naming, ()), depth)
                    new[scalar.start(1)] = (scalar.end(1), said)
                at = text.find(token, end)
            if not is_name and "ip address" in (one.kind for one in kinds.find(token)):
                return None  # the name above it may say that it is a version
        pieces, done = [], 0
        for start, (end, said) in sorted(new.items()):
            pieces += [text[done:start], said]
            done = end
        return "".join([*pieces, text[done:]])

    def _is_plain_token(self, token: str, depth: int) -> bool:
        if token[0] != '"':
            return kinds.kind_of(token) != "card number"
        is_name = token[-1] == ":"
        text = string_of(token[:-1].rstrip() if is_name else token)
        if is_name and self.naming_of(text):
            return False
        return self.value(text, depth=depth) == text

    def _broken_json(self, text: str, depth: int) -> str:
        """Cut off, or concatenated: walked as far as it goes, and looked through again for what is outside strings."""
        outer, self._fresh = self._fresh, set()
        walked = self._walked(text, depth)
        looked_through = walked if self.strict else self._texts(walked, "", depth)
        self._fresh = outer
        return looked_through

    def _walked(self, text: str, depth: int, *, graphql: bool = False) -> str:
        def token(token: str, spot: Spot) -> str:
            return self._token(token, spot, depth)

        has_rules = self.rules.any("json")
        plain: Container[str] = () if self.strict or has_rules else self.plain
        return walk(text, self._field, token, plain, paths=has_rules, graphql=graphql)

    def graphql(self, text: str, depth: int = DEPTH) -> str:
        """A GraphQL document: the literals in it."""
        return self._walked(text, depth, graphql=True)

    def _field(self, token: str) -> Field:
        """A field's name stays, unless it is itself of a private kind."""
        if token in self._fields:
            return self._fields[token]
        name = string_of(token) if token[0] == '"' else token
        new = name if self.strict else self.value(name)
        field = Field(name, self.naming_of(name), token if new == name else quoted(new, token))
        if len(name) < KNOWN_CHARS:  # a longer one may turn out to be a secret
            if len(self._fields) >= _FIELDS_LIMIT:
                self._fields.clear()
            self._fields[token] = field
        return field

    def _token(self, token: str, spot: Spot, depth: int) -> str:
        if self.rules.any("json"):
            action = self.rules.at("json", joined(spot.path))
            if action:
                return self._acted_token(action, token)
        if token[0] != '"':
            return self._number(token, spot)
        value = string_of(token)
        new = self.value(value, spot.naming, spot.name, depth)
        if new != value:
            self._fresh.update((new, *new.split(".")))
            return quoted(new, token)
        if not spot.naming and not _VERSION.search(spot.name):
            self.plain.add(token)
        return token

    def _acted_token(self, action: Action, token: str) -> str:
        if action.name == "keep":
            return token
        if action.name == "drop":
            return "null"
        if action.name == "replace":
            return json.dumps(action.to)
        if token[0] == '"':
            return quoted(self.acted(action, string_of(token)) or "", token)
        if token in ("true", "false", "null"):
            return token
        return f'"{self._stand_ins.hashed(token)}"' if action.name == "hash" else self._stand_ins.of(token)

    def _number(self, token: str, spot: Spot) -> str:
        if token[0] in "tfn":
            return token
        if spot.naming or self.strict:
            return self._stand_ins.of(token)
        is_card = len(token) >= 14 and "card number" not in self._kept_kinds and kinds.kind_of(token) == "card number"
        return self._stand_ins.of(token) if is_card else token

    # Free text

    def free(self, text: str, name: str = "", depth: int = DEPTH, *, is_code: bool = False) -> str:
        """Text of no known structure: private kinds, credentials, and the values in `name=value` and `"name": "value"`.

        Of program text (`is_code`) only the kinds: its names are no fields.
        """
        if self.strict:
            return _WORD.sub(lambda word: self._stand_ins.of(word[0]), text)
        outer, self._fresh = self._fresh, set()
        new = self._texts(text, name, depth, is_code=is_code)
        self._fresh = outer
        return new

    def _texts(self, text: str, name: str, depth: int, *, is_code: bool = False) -> str:
        text = self._kinds(text, name)
        if not is_code and ("=" in text or ":" in text):
            text = self._text_pairs(text)
        if "</" in text or "<input" in text:
            text = _INPUT.sub(lambda tag: tag[1] + self._markup(tag[2], tag[3]), text)
            text = _TAG.sub(lambda tag: tag[0].removesuffix(tag[2]) + self._markup(tag[1], tag[2]), text)
        return self._runs(text, depth) if depth else text

    def _kinds(self, text: str, name: str) -> str:
        pieces, done = [], 0
        for one in kinds.find(text):
            value = text[one.start : one.end]
            if self._is_kept(one.kind, value, name):
                continue
            pieces += [text[done : one.start], self._new(value)]
            done = one.end
        return "".join([*pieces, text[done:]]) if pieces else text

    def _is_kept(self, kind: str, value: str, name: str) -> bool:
        if kind in self._kept_kinds or value in self._fresh:
            return True
        return kind == "ip address" and (value in self.own_hosts or _VERSION.search(name) is not None)

    def _new(self, value: str) -> str:
        """The stand-in, which is not looked at again in this text."""
        if value in self._fresh:
            return value
        new = self.secret(value)
        self._fresh.update((new, *new.split(".")))  # of a JWT also the parts, which are base64
        return new

    def _text_pairs(self, text: str) -> str:
        pieces, done = [], 0
        for name in _TEXT_NAME.finditer(text):
            if name.start() < done or not self.naming_of(name[1]):
                continue
            value = _TEXT_VALUE.match(text, name.end())
            if value:
                scheme = _CREDENTIALS.match(text, value.start())
                start = scheme.end() if scheme else value.start()
                value = _TEXT_VALUE.match(text, start) if scheme else value
            if value:
                pieces += [text[done : value.start()], self._new(value[0])]
                done = value.end()
        return "".join([*pieces, text[done:]]) if pieces else text

    def _markup(self, name: str, value: str) -> str:
        """What stands in an element of this name."""
        if not self.naming_of(name) or value in self._fresh or not value.strip():
            return value
        return html.escape(self._new(html.unescape(value)), quote=False)

    def _runs(self, text: str, depth: int) -> str:
        """What is percent-encoded or base64 amid other text."""
        if ESCAPED.search(text):
            text = _ESCAPED_RUN.sub(lambda run: self._run(unescaped(run[0]), run[0], depth), text)
        if _PACKED_RUN.search(text):
            text = _PACKED_RUN.sub(lambda run: self._run(unbased(run[0]), run[0], depth), text)
        return text

    def _run(self, unpacked: Unpacked | None, run: str, depth: int) -> str:
        if unpacked is None or run in self._fresh or _NOTHING.match(run):
            return run
        fresh, self._fresh = self._fresh, set()
        new = self._repacked(unpacked, run, "", depth)
        self._fresh = fresh
        return new


def is_json(text: str) -> bool:
    """Whether it is one JSON value, whole."""
    try:
        msgspec.json.decode(as_bytes(text), type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
