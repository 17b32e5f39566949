"""Changes planted in answers, by chance and from a seed: the comparison sees them under masks learned from a calm pair.

A place is drawn from all there are in an answer, masked ones included: a time that became another time is noise, and is
among the few that are not seen.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from replayer.comparing.comparer import Compared
from replayer.comparing.learning import MaskLearner
from replayer.comparing.masks import Masks
from replayer.comparing.met import Met
from replayer.outcome import Answer

CHANGES = 200
SEED = 20_261_123


def masks_of(one: list[Any], other: list[Any]) -> Masks:
    learner = MaskLearner(one_system=True)
    for was, now in zip(one, other, strict=True):
        learner.meet(was.step, was.route, was.met, now.met)
    learned = learner.learned()
    assert learned.refused == ()
    return learned.masks


def test_two_calm_runs_are_the_same_and_so_is_a_third_that_nothing_was_learned_from(
    run_of: Callable[[int], list[Any]], compared: Callable[..., Compared]
) -> None:
    masks = masks_of(run_of(1), run_of(2))
    for other in range(2, 8):
        told = compared(run_of(1), run_of(other), masks)
        assert (told.rows, told.same, told.compared) == ((), 72, 72)


def test_of_200_planted_changes_at_least_95_in_100_are_seen(
    run_of: Callable[[int], list[Any]], compared: Callable[..., Compared]
) -> None:
    calm, other, now = run_of(1), run_of(2), run_of(3)
    masks = masks_of(calm, other)
    rng = random.Random(SEED)
    missed = []
    for _ in range(CHANGES):
        at = rng.randrange(len(now))
        what, changed = planted(rng, now[at].met)
        mutant = [*now[:at], now[at]._replace(met=changed), *now[at + 1 :]]
        if compared(calm, mutant, masks).rows == ():
            missed.append(f"{now[at].route}: {what}")
    assert len(missed) <= 0.05 * CHANGES, missed


def planted(rng: random.Random, met: Met) -> tuple[str, Met]:
    """What was changed, and the answer with it; drawn again where it changed nothing."""
    assert met.answer is not None
    while True:
        change = rng.choice((status, header, encoding, cut, *[body] * 8))
        what, answer, error = change(rng, met.answer)
        if (answer, error) != (met.answer, None):
            return what, Met(answer=answer, error=error)


# One change each: (what, the answer with it, why it is not whole)

Planted = tuple[str, Answer, str | None]


def with_body(answer: Answer, raw: bytes, headers: tuple[tuple[str, str], ...] | None = None) -> Answer:
    return Answer(status=answer.status, headers=headers or answer.headers, body=raw, body_bytes=len(raw))


def status(rng: random.Random, answer: Answer) -> Planted:
    other = rng.choice([each for each in (200, 201, 202, 204, 302, 400, 404, 409, 500) if each != answer.status])
    return f"status {other}", Answer(status=other, headers=answer.headers, body=answer.body), None


def header(rng: random.Random, answer: Answer) -> Planted:
    headers = list(answer.headers)
    at = rng.choice([at for at, (name, _) in enumerate(headers) if name != "Date"])
    name, value = headers[at]
    how = rng.choice(("gone", "changed", "added"))
    if how == "gone":
        del headers[at]
    elif how == "changed":
        headers[at] = (name, f"{value}; x")
    else:
        headers.append(("Retry-After", "30"))
    return f"header {name} {how}", with_body(answer, answer.body, tuple(headers)), None


def encoding(rng: random.Random, answer: Answer) -> Planted:
    how = rng.choice(("utf-16", "html", "charset"))
    if how == "utf-16":
        return how, with_body(answer, answer.body.decode("latin-1").encode("utf-16")), None
    kind = {"html": "text/html", "charset": "text/plain; charset=iso-8859-1"}[how]
    return how, with_body(answer, answer.body, (("Content-Type", kind), *answer.headers[1:])), None


def cut(rng: random.Random, answer: Answer) -> Planted:
    if rng.random() < 0.5:
        return "cut on the wire", answer, "cut"
    return "a shorter body", with_body(answer, answer.body[: rng.randrange(len(answer.body))]), None


def body(rng: random.Random, answer: Answer) -> Planted:
    if answer.body[:1] == b"{":
        what, value = in_json(rng, json.loads(answer.body))
        return what, with_body(answer, json.dumps(value).encode()), None
    what, raw = in_text(rng, answer.body)
    return what, with_body(answer, raw), None


def in_text(rng: random.Random, raw: bytes) -> tuple[str, bytes]:
    words = [*re.finditer(rb"\w+", raw)]
    word = rng.choice(words)
    start, end = word.span()
    match rng.choice(("changed", "gone", "off by one", "order", "line gone")):
        case "changed":
            return "word changed", raw[:start] + b"Xyzzy" + raw[end:]
        case "gone":
            return "word gone", raw[:start] + raw[end:]
        case "off by one":
            number = rng.choice([word for word in words if word[0].isdigit()] or words)
            more = str(int(number[0]) + 1).encode() if number[0].isdigit() else number[0] + b"1"
            return f"off by one at {number[0]!r}", raw[: number.start()] + more + raw[number.end() :]
        case "order":
            lines = raw.split(b"\n")
            at = rng.randrange(max(1, len(lines) - 1))
            return "lines swapped", b"\n".join([*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]])
        case _:
            lines = raw.split(b"\n")
            del lines[rng.randrange(len(lines))]
            return "line gone", b"\n".join(lines)


def in_json(rng: random.Random, value: Any) -> tuple[str, Any]:
    holder, key = rng.choice([*spots(value)])
    was = holder[key]
    match rng.choice(("changed", "gone", "added", "type", "order", "off by one", "null")):
        case "changed":
            holder[key] = {"changed": True} if isinstance(was, list | dict) else another(rng, was)
        case "gone":
            del holder[key]
        case "added":
            if isinstance(holder, dict):
                holder["extra"] = 1
            else:
                holder.append(was)
        case "type":
            holder[key] = [was] if isinstance(was, list | dict | None) else str(was) if not isinstance(was, str) else 7
        case "order":
            lists = [each for parent, at in spots(value) if isinstance(each := parent[at], list) and len(each) > 1]
            (rng.choice(lists) if lists else []).reverse()
            return f"order of lists around {key!r}", value
        case "off by one":
            numbers = [(parent, at) for parent, at in spots(value) if type(parent[at]) in (int, float)]
            if numbers:
                parent, at = rng.choice(numbers)
                parent[at] += rng.choice((1, -1))
                return f"off by one at {at!r}", value
        case _:
            holder[key] = None if was is not None else False
    return f"changed at {key!r}, was {was!r}", value


def another(rng: random.Random, was: Any) -> Any:
    if isinstance(was, bool) or was is None:
        return not was
    if isinstance(was, str):
        return was[::-1] if was[::-1] != was else f"{was}x"
    return was + rng.randint(2, 900)


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of everything in a JSON value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from spots(value[key])
