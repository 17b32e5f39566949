"""JSON without what is private in it, every other byte as it stands.

What is one JSON value is patched (jsonpatch.py). What rules or strictness ask for, and what is cut off or no JSON, is
walked token by token, which costs ten times as much.
"""

from __future__ import annotations

import json
from collections.abc import Container
from typing import TYPE_CHECKING

import msgspec

from recorder.jsonspans import quoted, string_of
from recorder.privacy import kinds
from recorder.privacy.jsonpatch import patched
from recorder.privacy.jsonpieces import cut
from recorder.privacy.jsonwalk import TOP, Field, Spot, walk
from recorder.privacy.layers import as_bytes
from recorder.privacy.memory import KNOWN_CHARS, Plain
from recorder.privacy.naming import is_version
from recorder.privacy.rules import Action, joined

if TYPE_CHECKING:
    from recorder.privacy.values import Values

CARD_DIGITS = 14  # of the shortest number of a card

_FIELDS_LIMIT = 20_000


class JsonTexts:
    """Redacts JSON. `names` are the names of fields that say nothing of their values and hold nothing themselves."""

    def __init__(self, values: Values) -> None:
        self.names = Plain()
        self.values = values
        self._fields: dict[str, Field] = {}

    def redacted(self, text: str, depth: int) -> str:
        """A JSON text, or lines of them; what is not JSON in it is looked through as free text."""
        values = self.values
        if is_json(text):
            pieces = None if values.strict else cut(text)
            if pieces is None or (values.rules.any("json") and self._may_be_ruled(text, pieces)):
                return self.walked(text, depth)
            return patched(self, text, pieces, depth)
        if not values.strict:
            lines = text.split("\n")
            if len(lines) > 1 and all(not line.strip() or is_json(line) for line in lines):
                return "\n".join(self.redacted(line, depth) if line.strip() else line for line in lines)
        return self._broken(text, depth)

    def _may_be_ruled(self, text: str, pieces: list[str]) -> bool:
        """Whether the names are there that a rule needs. Names may have escapes: they are not told here."""
        return "\\" in text or self.values.rules.may_fit(set(pieces[1::2]))

    def walked(self, text: str, depth: int, *, top: Spot = TOP, graphql: bool = False) -> str:
        """As far as it goes, token by token. `top` is where the text itself stands."""

        def token(token: str, spot: Spot) -> str:
            return self._token(token, spot, depth)

        has_rules = self.values.rules.any("json")
        plain: Container[str] = () if self.values.strict or has_rules else self.values.plain
        return walk(text, self.field, token, plain, top=top, paths=has_rules, graphql=graphql)

    def field(self, token: str) -> Field:
        """A field's name stays, unless it is itself of a private kind. `token` is in quotes, but in GraphQL."""
        known = self._fields.get(token)
        if known is not None:
            return known
        name = string_of(token) if token[0] == '"' else token
        new = name if self.values.strict else self.values.value(name)
        field = Field(name, self.values.naming_of(name), token if new == name else quoted(new, token))
        if len(name) < KNOWN_CHARS:  # a longer one may turn out to be a secret
            if len(self._fields) >= _FIELDS_LIMIT:
                self._fields.clear()
            self._fields[token] = field
        return field

    def number(self, token: str) -> str:
        """A number without a name that says anything: it stays unless it is a card's."""
        is_card = len(token) >= CARD_DIGITS and kinds.kind_of(token) == "card number"
        return self.values.stand_in(token) if is_card and self.values.tells("card number") else token

    def _broken(self, text: str, depth: int) -> str:
        """Cut off, or concatenated: walked as far as it goes, and looked through again for what is outside strings."""
        with self.values.texts.afresh():
            walked = self.walked(text, depth)
            return walked if self.values.strict else self.values.texts.looked_through(walked, "", depth)

    def _token(self, token: str, spot: Spot, depth: int) -> str:
        values = self.values
        if values.rules.any("json"):
            action = values.rules.at("json", joined(spot.path))
            if action:
                return self._acted(action, token)
        if token[0] != '"':
            return self._bare(token, spot)
        value = string_of(token)
        new = values.value(value, spot.naming, spot.name, depth)
        if new != value:
            values.texts.note(new)
            return quoted(new, token)
        if not spot.naming and not is_version(spot.name):
            values.plain.add(token)
        return token

    def _acted(self, action: Action, token: str) -> str:
        if action.name == "keep":
            return token
        if action.name == "drop":
            return "null"
        if action.name == "replace":
            return json.dumps(action.to)
        if token[0] == '"':
            return quoted(self.values.acted(action, string_of(token)) or "", token)
        if token in ("true", "false", "null"):
            return token
        return f'"{self.values.hashed(token)}"' if action.name == "hash" else self.values.stand_in(token)

    def _bare(self, token: str, spot: Spot) -> str:
        """A number; true, false and null stay."""
        if token[0] in "tfn":
            return token
        return self.values.stand_in(token) if spot.naming or self.values.strict else self.number(token)


def is_json(text: str) -> bool:
    """Whether it is one JSON value, whole."""
    try:
        _SKIP.decode(text)
    except UnicodeEncodeError:  # it holds bytes that are no UTF-8
        return _is_json(as_bytes(text))
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_json(raw: bytes) -> bool:
    try:
        _SKIP.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


_SKIP = msgspec.json.Decoder(msgspec.Raw)
