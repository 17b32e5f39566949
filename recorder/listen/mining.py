"""Which words of log templates vary: 'user <*> logged in' of a hundred users' names, learned from line to line.

`recorder.listen.logs.mask` takes out what looks like a value. What is left are words, and some of them are values too:
names, states, hosts. Drain (He et al., ICWS 2017) takes lines for one kind that share half of their words; that would
make 'payment accepted' and 'payment refused' one, and the line that nobody had said before would go unseen. Here a
place varies only when `VARIANTS` different words were seen at it among lines that are otherwise equal.
"""

from __future__ import annotations

from collections import OrderedDict

VARIANTS = 8  # different words at one place, all else equal, before it is a value: states of a thing are mostly fewer
MASK = "<*>"
_MOST_PLACES = 50_000  # that are being counted; those not seen for the longest are forgotten
_MOST_FORMS = 1000
_MOST_TOKENS = 40  # of a line: what stands behind them is one token

Key = tuple[tuple[str, ...], int]  # the line with one place left out, and which


class Miner:
    """Is fed templates. Memory is bounded: `forgotten` counts the places that were given up while they were counted."""

    def __init__(self, variants: int = VARIANTS, most_places: int = _MOST_PLACES) -> None:
        self.forgotten = 0
        self._variants = variants
        self._most = most_places
        self._words: OrderedDict[Key, set[str]] = OrderedDict()  # of places that do not vary yet
        self._varying: OrderedDict[Key, None] = OrderedDict()
        self._forms: OrderedDict[tuple[str, ...], None] = OrderedDict()  # lines with places that were found to vary

    def learn(self, template: str) -> str:
        """Takes one line's template, and says it in the form of `of`, as far as is known by now."""
        tokens = self._settled(_tokens(template))
        while (place := self._count(tokens)) is not None:
            tokens = self._settled(_without(tokens, place, MASK))
        return " ".join(tokens)

    def of(self, template: str) -> str:
        """The template with `<*>` at each place that varies. Learns nothing."""
        return " ".join(self._settled(_tokens(template)))

    def _settled(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """With every place masked that is known to vary; one leads to the next, so it looks until there is none.

        Where several places vary, and no line had any of these words, only the form of the others knows it.
        """
        while True:
            for place, word in enumerate(tokens):
                if word != MASK and _key(tokens, place) in self._varying:
                    tokens = _without(tokens, place, MASK)
                    break
            else:
                return next((form for form in self._forms if _has_form(tokens, form)), tokens)

    def _count(self, tokens: tuple[str, ...]) -> int | None:
        """Notes every word at its place; the first place that is found to vary now, else None."""
        for place, word in enumerate(tokens):
            key = _key(tokens, place)
            if word == MASK or all(other in (MASK, "") for other in key[0]):
                continue  # nothing would be left of the line to know it by
            words = self._words.setdefault(key, set())
            words.add(word)
            if len(words) >= self._variants:
                del self._words[key]
                self._varying[key] = None
                self._forms[_without(tokens, place, MASK)] = None
                self._forget()
                return place
            self._words.move_to_end(key)
        self._forget()
        return None

    def _forget(self) -> None:
        while len(self._words) > self._most:
            self._words.popitem(last=False)
            self.forgotten += 1
        while len(self._varying) > self._most:
            self._varying.popitem(last=False)
            self.forgotten += 1
        while len(self._forms) > _MOST_FORMS:
            self._forms.popitem(last=False)
            self.forgotten += 1


def _has_form(tokens: tuple[str, ...], form: tuple[str, ...]) -> bool:
    return len(tokens) == len(form) and all(one in (MASK, word) for word, one in zip(tokens, form, strict=True))


def _tokens(template: str) -> tuple[str, ...]:
    words = template.split()
    if len(words) <= _MOST_TOKENS:
        return tuple(words)
    return (*words[: _MOST_TOKENS - 1], MASK)


def _key(tokens: tuple[str, ...], place: int) -> Key:
    return _without(tokens, place, ""), place


def _without(tokens: tuple[str, ...], place: int, instead: str) -> tuple[str, ...]:
    return (*tokens[:place], instead, *tokens[place + 1 :])
