"""Under what a value is remembered and looked for: itself where a machine drew it, else what it names with its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from replayer.naming import Names, ending, keys_of, named, word, worthy
from replayer.place import Place
from replayer.urltext import segments
from replayer.worth import small

Key = str | tuple[str, str]  # a drawn value stands for itself; any other under the last word of what it names
LINK = "link>"  # under which a whole URL stands
QUOTED = re.compile(r'(?:W/)?"([^"]*)"')


def keyed(text: str, names: Names, is_drawn: bool) -> Iterable[Key]:
    """The keys of a value that names `names`; none of what says nothing."""
    if is_drawn:
        return (text,)
    if names and small(text) and worthy(names, text):
        return [(name, text) for name in _endings(names)]
    return ()


@lru_cache(maxsize=4096)
def _endings(names: Names) -> Names:
    return tuple(dict.fromkeys(map(ending, names)))


def parts_of(url: str) -> list[str]:
    """The segments of its path, as they stand."""
    return [url[span.start : span.end] for span in segments(url)]


def names_in_url(place: Place, parts: list[str]) -> Names:
    """What a path segment (the id of the word before it) or a query's value names."""
    if place.kind == "query":
        return named(keys_of(place.name), (), "", False) if place.name != "id" else ()
    before = word(parts[place.nth - 1]) if 0 < place.nth <= len(parts) else ""
    return (before,) if before else ()
