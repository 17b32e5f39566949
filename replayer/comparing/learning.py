"""Masks learned from a calm pair: two calm replays of one system, or the recording and one.

What differs there although nothing was shaken is noise. Each place of it gets the narrowest mask that has all of it;
then the pairs are compared again under the masks, and what still differs widens them, until nothing does. Between two
replays of one system everything is noise; between a recording and a replay a difference that is always the same one is
a change, and stays a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from replayer.comparing.answers import spots_of
from replayer.comparing.body import read_body
from replayer.comparing.breadth import too_broad
from replayer.comparing.calmpairs import CalmPair, CalmPairs
from replayer.comparing.ids import ids_among
from replayer.comparing.jsonplace import clean
from replayer.comparing.masks import As, Mask, Masks, trouble
from replayer.comparing.met import Met
from replayer.comparing.noise import Noise, id_mask, mask_of
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Rules
from replayer.comparing.structure import moved

_ROUNDS = 6  # an id becomes a pattern, a pattern a wider one: nothing has more to go
_NEVER_NOISE = {
    "status": "a status is never noise",
    "error": "that one of them was not answered whole is never noise",
    "truncated": "that one of them was cut is never noise",
    "encoding": "that the body is of another kind is never noise",
}

Key = tuple[str, str]  # (route, place)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """`refused` says, a sentence each, what differs unmasked. Of `pairs` that were met, `kept` were learned from."""

    masks: Masks
    refused: tuple[str, ...]
    pairs: int
    kept: int


class MaskLearner:
    """Takes the answers of a calm pair step by step; `learned` says what of their differences is noise.

    `one_system`: both are replays of one system, not a recording and a replay. `redact` is given what a mask would keep
    of the answers' own words: masks are written to disk.
    """

    def __init__(self, *, one_system: bool, seed: int = 0, redact: Callable[[str], str] = lambda text: text) -> None:
        self._one_system = one_system
        self._redact = redact
        self._pairs = CalmPairs(seed)

    def meet(self, step: str, route: str, was: Met, now: Met) -> None:
        """One step's two answers. One that neither has says nothing."""
        if was.answer is not None or now.answer is not None:
            self._pairs.add(step, route, was, now)

    def learned(self) -> Learned:
        """Masks in the order of routes and places. Nothing met gives no masks, and says so."""
        kept = self._pairs.kept
        masks = self._structure(kept)
        refused: dict[Key, str] = {}
        noises: dict[Key, Noise] = {}
        for number in range(_ROUNDS):
            new = _differing(kept, masks.values(), noises) - refused.keys()
            if not new:
                break
            self._widen(new, noises, masks, refused, Counter(pair.route for pair in kept), first=number == 0)
        sentences = [*refused.values(), *self._without_the_too_broad(masks, kept)]
        return Learned(
            masks=Masks(tuple(masks[key] for key in sorted(masks))),
            refused=tuple(sentences) if kept else ("nothing was met twice, so nothing was learned",),
            pairs=sum(self._pairs.met.values()),
            kept=len(kept),
        )

    def _structure(self, kept: Iterable[CalmPair]) -> dict[Key, Mask]:
        """Lists whose order moved and objects whose keys are ids, before their values are looked at."""
        seen: Counter[tuple[str, str, As]] = Counter()
        routes = Counter(pair.route for pair in kept)
        for pair in kept:
            left, right = (_json_of(met) for met in (pair.was, pair.now))
            seen.update((pair.route, place, as_) for place, as_ in dict.fromkeys(moved(left, right)))
        why = {"unordered": "its items came in another order", "keyed": "its keys are ids"}
        return {
            (route, place): Mask(
                route=route, place=place, as_=as_, reason=f"differs in {times} of {routes[route]}: {why[as_]}"
            )
            for (route, place, as_), times in seen.items()
        }

    def _widen(
        self,
        new: set[Key],
        noises: dict[Key, Noise],
        masks: dict[Key, Mask],
        refused: dict[Key, str],
        of: Counter[str],
        *,
        first: bool,
    ) -> None:
        """Gives each new place a mask, or one that was not wide enough a wider one, or says why there is none."""
        ids = ids_among(noises[key] for key in new) if first else {}
        for key in new:
            noise, times = noises[key], of[key[0]]
            why = self._why_not(noise, times)
            mask = id_mask(noise, times, ids[key]) if key in ids else mask_of(noise, times, self._redact)
            if mask == masks.get(key):
                why = "no mask takes all of it"
            why = why or trouble(mask) or self._telltale(mask)
            if why:
                refused[key] = (
                    f"{key[0]}: {noise.told} differs in {len(noise.steps)} of {times} and is not masked: {why}"
                )
                masks.pop(key, None)
            else:
                masks[key] = mask

    def _why_not(self, noise: Noise, of: int) -> str | None:
        for kind, why in _NEVER_NOISE.items():
            if kind in noise.kinds:
                return why
        if noise.place.endswith("[*]") and noise.lone:
            return "its items came or went: give both runs the same data (reset)"
        if noise.place in ("text", "body"):
            return "the whole of it, or pieces of it, came or went; a mask of that would be too broad"
        if not self._one_system and noise.is_a_change(of):
            return "it is the same difference each time: a change, not noise; if it is meant, write a mask by hand"
        return None

    def _telltale(self, mask: Mask) -> str | None:
        around = mask.place.replace("<*>", "")
        if clean(around, self._redact) != around:
            return "what stands around it may be private, and a mask would keep it"
        return None

    def _without_the_too_broad(self, masks: dict[Key, Mask], kept: Iterable[CalmPair]) -> Iterable[str]:
        for route in sorted({route for route, _ in masks}):
            own = [mask for mask in masks.values() if mask.route == route]
            mets = [met for pair in kept if pair.route == route for met in (pair.was, pair.now)]
            if why := too_broad(route, own, mets):
                yield why
                for key in [key for key in masks if key[0] == route]:
                    del masks[key]


def _differing(kept: Iterable[CalmPair], masks: Iterable[Mask], noises: dict[Key, Noise]) -> set[Key]:
    """The places where calm pairs differ under `masks`; what was met there is added to `noises`."""
    found: set[Key] = set()
    pairs = Pairs()
    held = Masks(tuple(masks))
    rules: dict[str, Rules] = {}
    for pair in kept:
        if pair.route not in rules:
            rules[pair.route] = Rules(held.of(pair.route))
        for spot in spots_of(pair.was, pair.now, rules[pair.route], pairs):
            key = (pair.route, spot.place)
            noises.setdefault(key, Noise(*key)).meet(pair.step, spot)
            found.add(key)
    return found


def _json_of(met: Met) -> object:
    if met.answer is None or met.unread:
        return None
    read = read_body(met.answer.header("content-type") or "", met.answer.body)
    return read.value if read.kind == "json" else None
