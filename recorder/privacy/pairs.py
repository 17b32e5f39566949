"""URLs, queries and forms: each segment and each value redacted, every other byte as it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from recorder.privacy.layers import DEPTH, unbased
from recorder.privacy.memory import KNOWN_CHARS

if TYPE_CHECKING:
    from recorder.privacy.values import Values

_HEAD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?(//(?:([^/@?#]*)@)?([^/?#]*))?")
_WORD_SEGMENT = re.compile(r"[A-Za-z][A-Za-z_.-]*|v\d+")  # fixed words of an API, in strict mode


def redact_url(values: Values, url: str, depth: int = DEPTH, *, is_target: bool = False) -> str:
    """A URL or a request's target: user, path segments (each with its ;parameters), query, fragment."""
    head = _HEAD.match(url)
    assert head is not None  # it may match nothing, and always does
    rest, hash_mark, fragment = url[head.end() :].partition("#")
    path, mark, query = rest.partition("?")
    if is_target and values.rules.any("path"):
        path = "/".join([_ruled_segment(values, one, number, depth) for number, one in enumerate(path.split("/"))])
    elif values.plain.new_of(segments := path.split("/")):
        path = "/".join([_segment(values, segment, depth) for segment in segments])
    query = redact_pairs(values, query, "query" if is_target else "", depth)
    fragment = redact_pairs(values, fragment, "", depth)
    return _head(values, head) + path + mark + query + hash_mark + fragment


def _head(values: Values, head: re.Match[str]) -> str:
    scheme, authority, user, host = (part or "" for part in head.groups())
    if not authority:
        return scheme
    name, colon, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    new = name if name in values.own_hosts or values.strict else values.free(name)
    return f"{scheme}//{f'{_user(values, user)}@' if user else ''}{new}{colon}{port}"


def _user(values: Values, user: str) -> str:
    """User and password, each by itself, as it is in basic credentials."""
    if not values.strict and not values.tells("user info"):
        return user
    return ":".join(quote(values.secret(unquote(part)), safe="") for part in user.split(":", 1))


def _ruled_segment(values: Values, segment: str, number: int, depth: int) -> str:
    action = values.rules.at("path", str(number)) if segment else None
    if action is None:
        return _segment(values, segment, depth)
    return quote(values.acted(action, unquote(segment)) or "-", safe="@:")


def _segment(values: Values, segment: str, depth: int) -> str:
    if not segment or values.is_plain(segment):  # as it stands: what is short or a word has nothing to be decoded
        return segment
    if values.strict and _WORD_SEGMENT.fullmatch(segment):
        return segment
    bare, *parameters = segment.split(";")
    plain = unquote(bare, errors="surrogateescape")
    new = values.value(plain, depth=depth)
    new_bare = bare if new == plain else _quoted(new, safe="@" if "@" in bare else "")
    redacted = ";".join([new_bare, *(_pair(values, one, "", depth) or "" for one in parameters)])
    if redacted == segment and not values.strict and not parameters:
        values.plain.add(segment)
    return redacted


def redact_pairs(values: Values, pairs: str, kind: str, depth: int = DEPTH) -> str:
    """'name=value' joined by '&'; `kind` says by which rules: 'query', 'form', or '' where none hold."""
    old = pairs.split("&")
    may_know = not values.strict and not values.rules
    if not pairs or (may_know and not values.pairs.new_of(old)):
        return pairs
    new = [_pair(values, pair, kind, depth) for pair in old]
    if may_know:
        values.pairs.add_all([pair for pair, said in zip(old, new, strict=True) if pair == said and _is_short(pair)])
    return "&".join([pair for pair in new if pair is not None])


def _is_short(pair: str) -> bool:
    """Whether its value is too short to turn out to be a secret."""
    return len(pair) - pair.find("=") <= KNOWN_CHARS


def _pair(values: Values, pair: str, kind: str, depth: int) -> str | None:
    """The pair, redacted; None if a rule drops it."""
    name, mark, value = pair.partition("=")
    plain_name = unquote_plus(name) if "%" in name or "+" in name else name
    if not mark:  # '?ada@example.org': it has no name
        new = values.value(plain_name, depth=depth)
        return pair if new == plain_name else _quoted(new, safe="@" if "@" in name else "", plus=True)
    plain = unquote_plus(value, errors="surrogateescape") if "%" in value or "+" in value else value
    action = values.rules.at(kind, plain_name) if kind else None
    if action is not None:
        acted = values.acted(action, plain)
        return None if acted is None else pair if acted == plain else f"{name}={_quoted(acted, plus=True)}"
    new = values.value(plain, values.naming_of(plain_name), plain_name, depth)
    if new == plain and "+" in value:
        raw = unquote(value, errors="surrogateescape")
        if raw.startswith("+") or unbased(raw):  # the plus is one, and no blank
            new, plain = values.value(raw, name=plain_name, depth=depth), raw
    return pair if new == plain else f"{name}={_quoted(new, safe='@' if '@' in value else '', plus=True)}"


def _quoted(text: str, *, safe: str = "", plus: bool = False) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return quote_plus(raw, safe=safe) if plus else quote(raw, safe=safe)
