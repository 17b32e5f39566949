"""Which of the places that differ hold ids: values of the one run that stand, one to one, for those of the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from replayer.comparing.jsonplace import parse_json_place
from replayer.comparing.look import by_chance, time_form
from replayer.comparing.noise import Noise

_SMALL_CHARS = 64
_BARE = frozenset({"id", "uuid", "guid", "pk", "_id"})
_NUMBERS = frozenset({"number", "no", "ref", "reference", "slug", "key", "code"})
_ID_ENDING = re.compile(r"(?<=.)(?:[_-]ids?|I[dD]s?)$")
_WRAPPERS = frozenset({"data", "result", "results", "item", "items", "attributes", "payload"})


def ids_among(noises: Iterable[Noise]) -> Mapping[tuple[str, str], str]:
    """(route, place) -> what the values there are the ids of; '' where they say it by themselves.

    One that is met once only could be any random value: an id is believed where it comes again, and always stands for
    the same other one. Times and versions are none, whatever they do.
    """
    found: dict[tuple[str, str], str] = {}
    named = [(noise, of) for noise in noises if (of := _names(noise)) is not None]
    for wanted in dict.fromkeys(of for _, of in named):
        group = [noise for noise, of in named if of == wanted]
        accepted = _consistent(sorted(group, key=lambda noise: -len(noise.pairs)))
        said = Counter(pair for pair, _ in {each for noise in accepted for each in noise.said()})
        for noise in accepted:
            if any(said[pair] > 1 for pair in noise.pairs):
                found[noise.route, noise.place] = wanted
    return found


def _names(noise: Noise) -> str | None:
    """What the values are ids of, by their look or by their place; None where they are none."""
    values = [value for pair in noise.pairs for value in pair]
    if not values or noise.kinds - {"value"} or not all(map(_may_be_an_id, values)):
        return None
    if all(map(by_chance, values)):
        return ""
    if not noise.place.startswith("json:") or any(len(str(value)) > _SMALL_CHARS for value in values):
        return None
    return _named([part for part in parse_json_place(noise.place) if isinstance(part, str)], noise.route)


def _may_be_an_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and time_form(value) is None


def _named(keys: Sequence[str], route: str) -> str | None:
    """'order' for `order_id`, for `id` under `order` or `orders`, and for `id` of 'GET /orders/{id}'."""
    key = keys[-1].lower() if keys else ""
    if key in _BARE:
        words = [word for word in route.partition(" ")[2].split("/") if word and "{" not in word]
        around = [*words, *(part for part in keys[:-1] if part.lower() not in _WRAPPERS)]
        return around[-1].lower().removesuffix("s") if around else key
    if key in _NUMBERS:
        return key
    ending = _ID_ENDING.search(keys[-1]) if keys else None
    return keys[-1][: ending.start()].lower() if ending else None


def _consistent(noises: Iterable[Noise]) -> list[Noise]:
    """Those whose values stand for each other one to one, all of them together."""
    forth: dict[Any, Any] = {}
    back: dict[Any, Any] = {}
    accepted = []
    for noise in noises:
        ours, theirs = dict(noise.pairs), {now: was for was, now in noise.pairs}
        agrees = all(ours[was] == now and theirs[now] == was for was, now in noise.pairs)
        if agrees and all(forth.get(was, now) == now and back.get(now, was) == was for was, now in ours.items()):
            forth |= ours
            back |= theirs
            accepted.append(noise)
    return accepted
