"""A text, wherever it stood, without what is private in it: looked into through every encoding, to a bounded depth.

Most texts hold nothing, and the same ones come again and again: what was found plain is remembered.
"""

import json
import re
from typing import Protocol

from recorder.policy import Policy
from recorder.privacy.freetext import CREDENTIALS, FreeTexts
from recorder.privacy.jsontext import JsonTexts, is_json
from recorder.privacy.layers import DEPTH, Unpacked, unbased, unescaped
from recorder.privacy.memory import Known, Outcomes, Plain
from recorder.privacy.naming import DEEP, PLAIN, is_version, naming_by
from recorder.privacy.nothing import is_nothing
from recorder.privacy.pairs import redact_pairs, redact_url
from recorder.privacy.rules import Action, Active

_FORM = re.compile(r"[\w.\[\]%+-]+=[^&\s]*(?:&[\w.\[\]%+-]+=[^&\s]*)*")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?/[^\s\"'<>{}]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*)( +)(\S.*)", re.DOTALL)
_GRAPHQL = re.compile(r"\s*(?:(?:query|mutation|subscription|fragment)\b[^{\"]*\{|\{\s*\w+\s*[({:])")


class StandIns(Protocol):
    """Who gives stand-ins: pseudonyms; or a scan, which notes what it is asked for."""

    def of(self, value: str) -> str: ...

    def hashed(self, value: str) -> str: ...


class Values:
    """Redacts texts under one policy. Belongs to one thread. `rules` are those of the exchange that is under way.

    `remembers`: what was asked for once is not asked for again, unless it is met elsewhere.
    """

    def __init__(self, stand_ins: StandIns, policy: Policy, *, remembers: bool = True) -> None:
        self.rules = Active(())
        self.remembers = remembers
        self.strict = policy.strict
        self.known = Known()
        self.plain = Plain()
        self.pairs = Plain()  # of queries and forms
        self.seen = Outcomes()
        self.texts = FreeTexts(self)
        self.naming_of = naming_by(policy)
        self.stand_in = stand_ins.of
        self.hashed = stand_ins.hashed
        self.looking_at = ""  # the name of the last value that was looked at
        self.own_hosts: set[str] = set()  # addresses of the recorded system are nobody's
        self.json_texts = JsonTexts(self)
        self._kept_kinds = frozenset(policy.kept_kinds)

    def is_plain(self, text: str) -> bool:
        """Whether it is known to hold nothing, or is what holds nothing ever."""
        return (text in self.plain or is_nothing(text) is not None) and not self.strict and text not in self.known

    def tells(self, kind: str) -> bool:
        """Whether values of this kind are told by their look."""
        return kind not in self._kept_kinds

    def secret(self, value: str, naming: int = DEEP) -> str:
        """The stand-in of a value that is private as a whole; its scheme stays if it is credentials."""
        scheme = _SCHEME.fullmatch(value) if CREDENTIALS.match(value) else None
        if scheme:
            return scheme[1] + scheme[2] + self.secret(scheme[3], naming)
        if naming == DEEP and self.known.learn(value):
            for memory in (self.plain, self.seen, self.json_texts.names):
                memory.forget(value)
        return self.stand_in(value)

    def acted(self, action: Action, value: str) -> str | None:
        """What a rule makes of a value; None if it drops it."""
        match action.name:
            case "keep":
                return value
            case "drop":
                return None
            case "hash":
                return self.hashed(value)
            case "replace":
                return action.to if isinstance(action.to, str) else json.dumps(action.to)
        return self.secret(value)

    def value(self, text: str, naming: int = PLAIN, name: str = "", depth: int = DEPTH) -> str:
        """A value, decoded: replaced if its name or its kind says so, else without what is private in it."""
        self.looking_at = name
        if naming and text:
            return self.secret(text, naming)
        if text in self.known:
            return self.stand_in(text)
        if self.strict:
            return self._strictly(text, name, depth)
        if text in self.plain or is_nothing(text):
            return text
        new = self._inside(text, name, depth)
        if new == text and not is_version(name):
            self.plain.add(text)
        return new

    def json(self, text: str, depth: int = DEPTH) -> str:
        """A JSON text; what is not JSON in it is looked through as free text."""
        return self.json_texts.redacted(text, depth)

    def graphql(self, text: str, depth: int = DEPTH) -> str:
        """A GraphQL document: the literals in it."""
        return self.json_texts.walked(text, depth, graphql=True)

    def free(self, text: str, name: str = "", depth: int = DEPTH, *, is_code: bool = False) -> str:
        """Text of no known structure; of program text (`is_code`) its names are no fields."""
        return self.texts.redacted(text, name, depth, is_code=is_code)

    def repacked(self, unpacked: Unpacked, text: str, name: str, depth: int) -> str:
        """What was unpacked from `text`, redacted and packed again."""
        new = self.value(unpacked.text, PLAIN, name, depth - 1)
        return text if new == unpacked.text else unpacked.pack(new)

    def _strictly(self, text: str, name: str, depth: int) -> str:
        """Nothing of it stays but its structure: JSON, a URL's host, a form's names."""
        if depth and (text[:1] in ("{", "[", "/") or "://" in text[:12] or _FORM.fullmatch(text)):
            return self._inside(text, name, depth)
        return self.stand_in(text)

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
                return self.repacked(unpacked, text, name, depth)
        return self.free(text, name, depth)
