"""Two answers to one step compared whole: fate, status, headers and trailers that matter, body.

What differs comes as spots. Where the status differs the rest is not told: another status is another answer. What is
not seen: a body that is byte for byte the recorded one is the same, though an id in it should have been another by now.
"""

from __future__ import annotations

from typing import Any

from replayer.comparing.body import Read, read_body
from replayer.comparing.difference import Kind, Spot
from replayer.comparing.headers import header_values, same_headers
from replayer.comparing.jsonwalk import JsonWalk
from replayer.comparing.met import Met
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Rules, holds_place
from replayer.comparing.textwalk import TextWalk
from replayer.outcome import Answer
from replayer.urltext import pairs as form_pairs
from replayer.urltext import unescape

NOTHING = Rules()


def spots_of(was: Met, now: Met, rules: Rules, pairs: Pairs) -> list[Spot]:
    """Where `now` differs from `was`, in the order status, headers, body; empty if it is the same up to the masks."""
    if was.error != now.error:
        kind: Kind = "truncated" if now.error == "cut" else "error"
        return [Spot("answer", "answer", kind, was.error or "answered", now.error or "answered")]
    before, after = was.answer, now.answer
    if before is None or after is None:
        return []
    if before.status != after.status:
        return [Spot("status", "status", "status", before.status, after.status)]
    spots: list[Spot] = []
    if before.trailers != after.trailers or not same_headers(before.headers, after.headers):
        _headers(before, after, rules, pairs, spots)
    if before.body != after.body or before.body_bytes != after.body_bytes:
        _bodies(was, now, rules, pairs, spots)
    return spots


def _headers(before: Answer, after: Answer, rules: Rules, pairs: Pairs, spots: list[Spot]) -> None:
    left, right = (header_values((*answer.headers, *answer.trailers)) for answer in (before, after))
    if left == right and not rules.places:
        return
    for place in {**left, **right}:
        _place(place, left.get(place), right.get(place), rules, pairs, spots)


def _place(place: str, was: str | None, now: str | None, rules: Rules, pairs: Pairs, spots: list[Spot]) -> None:
    if not holds_place(rules.places, place, was, now, pairs):
        kind: Kind = "missing" if now is None else "added" if was is None else "value"
        spots.append(Spot(place, place, kind, was, now))


def _bodies(was: Met, now: Met, rules: Rules, pairs: Pairs, spots: list[Spot]) -> None:
    before, after = was.answer, now.answer
    assert before is not None
    assert after is not None
    if was.unread or now.unread:
        return  # counted by whoever compares; what is kept of either is no body
    left, right = _read(before), _read(after)
    if left.kind != right.kind:
        kind: Kind = "missing" if right.kind == "empty" else "added" if left.kind == "empty" else "encoding"
        values = (left.kind, right.kind) if kind == "encoding" else (before.body, after.body)
        spots.append(Spot("body", "body", kind, *values))
    elif left.kind == "json":
        JsonWalk(pairs, spots).compare(left.value, right.value, rules.json)
    elif left.kind == "text":
        TextWalk(rules.texts, pairs, spots).compare(left.value, right.value)
    elif left.kind == "form":
        _forms(left.value, right.value, rules, pairs, spots)
    else:
        spots.append(Spot("body", "body", "value", before.body, after.body))


def _read(answer: Answer) -> Read:
    return read_body(answer.header("content-type") or "", answer.body)


def _forms(was: str, now: str, rules: Rules, pairs: Pairs, spots: list[Spot]) -> None:
    left, right = _fields(was), _fields(now)
    for place in {**left, **right}:
        _place(place, left.get(place), right.get(place), rules, pairs, spots)


def _fields(form: str) -> dict[str, Any]:
    """The fields of a form by their places; of one name several are 'form:tag', 'form:tag#1'."""
    found: dict[str, Any] = {}
    for span in form_pairs(form):
        name, nth = f"form:{span.name}", 0
        while name in found:
            nth += 1
            name = f"form:{span.name}#{nth}"
        found[name] = unescape(form[span.start : span.end], plus=True)
    return found
