"""Which of several answers that said a value is meant, and what that is worth."""

from __future__ import annotations

from replayer.heard import Source
from replayer.naming import VERSIONS, agree
from replayer.place import Place
from replayer.wanted import Asked, Wanted

_SAME_NAME = 0.95  # what a small value is worth as evidence, of the same name
_LIKE_NAME = 0.85  # of a name that may be the same


def best(sources: list[Source], asked: Asked, wanted: Wanted) -> Source:
    """The best of one source or more."""
    return sources[0] if len(sources) == 1 else ranked(sources, asked, wanted)[0]


def ranked(sources: list[Source], asked: Asked, wanted: Wanted) -> list[Source]:
    """The sources, the best first."""
    version = is_version(wanted)

    def rank(source: Source) -> tuple[int, bool, bool, bool, int]:
        return (
            _relation(source, asked) if version else 0,
            _same_kind(source.place, wanted.place),
            agree(wanted.names, source.names),
            not source.indexed,
            source.speech.number if version else -source.speech.number,
        )

    return sorted(sources, key=rank, reverse=True) if len(sources) > 1 else sources


def is_version(wanted: Wanted) -> bool:
    """Whether it says which state of a thing is meant."""
    return not VERSIONS.isdisjoint(wanted.names)


def _relation(source: Source, asked: Asked) -> int:
    """How surely the source is about what the request is about; 0: it is not, for all that is known."""
    same = source.speech.path == asked.path
    if source.entity:
        return 2 + same if source.entity in asked.ids() else 0
    return 3 if same else int(asked.path.startswith(f"{source.speech.path}/"))


def meant(source: Source, asked: Asked, wanted: Wanted) -> bool:
    """Whether the source may be what a small value means: of a name that agrees; a version, of the same thing."""
    return agree(wanted.names, source.names) and (not is_version(wanted) or _relation(source, asked) > 0)


def name_worth(wanted: Wanted, source: Source) -> float:
    """What a small value's names are worth as evidence."""
    return _SAME_NAME if set(wanted.names) & set(source.names) else _LIKE_NAME


def is_credential(place: Place) -> bool:
    """Whether who sends it is told there."""
    return place.kind == "cookie" or (place.kind == "header" and place.name.lower() in ("authorization", "cookie"))


def wrap_for(wanted: Wanted, source: Place) -> str:
    """An ETag brings its own quotes."""
    etag = source.kind == "header" and source.name.lower() == "etag"
    return "{}" if etag and wanted.wrap in ('"{}"', 'W/"{}"') else wanted.wrap


def _same_kind(source: Place, wanted: Place) -> bool:
    """Whether HTTP, or the name, says that the one goes into the other."""
    names = (source.name.lower(), wanted.name.lower())
    if source.kind == wanted.kind == "header":
        return names in (("etag", "if-match"), ("etag", "if-none-match"), ("etag", "if-range")) or names[0] == names[1]
    if source.kind == wanted.kind == "json":
        return source.path[-1:] == wanted.path[-1:]
    return source.kind == wanted.kind and bool(names[0]) and names[0] == names[1]
