"""Route templates from request targets: `GET /orders/17/items` and `GET /orders/18/items` are `GET /orders/{id}/items`.

A path segment is an id by its look (number, UUID, hash, ULID, mixed token) wherever it stands. A segment that looks
like a word stays a word, unless cardinality says otherwise: under one prefix many different words came, none of them
often, and what is done with them is the same (slugs, user names).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

ID = "{id}"

_MANY_WORDS = 20  # fewer different words under one prefix are a vocabulary
_SURELY_IDS = 200  # so many are no vocabulary however often they come
_VISITS_OF_AN_ID = 10  # on average; the words of a vocabulary come more often
_ALIKE = 0.5  # how much of what is done under the prefix an average word shares
_COMMON = 0.1  # what fewer words than this share sets a word apart from them

_LOOKS_LIKE_AN_ID = re.compile(
    r"""
      -?\d[\d:-]*                                             # 17, 2024-05-01
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
    | (?=[0-9a-f]*\d)[0-9a-f]{8,}                             # a hash, or a piece of one
    | [0-9a-hjkmnp-tv-z]{26}                                  # ULID
    | [a-z]+[-_:]\d+                                          # sku-7
    | (?![a-z]+\d{1,3}$)(?=(?:\D*\d){3})[a-z0-9_.:~-]*[a-z][a-z0-9_.:~-]*   # ord_8f3k2l9: three digits, but not sha256
    | [^@]+@[^@]+                                             # an e-mail address
    """,
    re.VERBOSE | re.IGNORECASE,
)


def looks_like_an_id(segment: str) -> bool:
    """Whether a path segment is an id by its look alone. Versions ('v1', 'v2.1') and words are not."""
    return _LOOKS_LIKE_AN_ID.fullmatch(unquote(segment)) is not None


def segments_of(target: str) -> list[str]:
    """The path's segments, as sent: '/a/b?c' and 'http://host/a/b' give ['a', 'b']; '/' gives ['']."""
    path = target.split("#", 1)[0].split("?", 1)[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path[1:].split("/")


@dataclass(slots=True)
class _Node:
    """What came under one prefix of templated segments."""

    visits: int = 0
    features: set[str] = field(default_factory=set)  # methods and query names of requests that end here
    children: dict[str, "_Node"] = field(default_factory=dict)
    words_are_ids: bool = False

    def child(self, token: str) -> "_Node":
        return self.children.setdefault(token, _Node())

    def does(self) -> set[str]:
        """What is done here: methods, query names, and where paths go on."""
        return self.features | {f"/{token}" for token in self.children}

    def take_in(self, other: "_Node") -> None:
        self.visits += other.visits
        self.features |= other.features
        for token, node in other.children.items():
            self.child(token).take_in(node)


class Routes:
    """Templates learned from requests; unseen ones are told by the same rules."""

    def __init__(self, root: _Node) -> None:
        self._root = root

    @classmethod
    def learn(cls, requests: Iterable[tuple[str, str]]) -> "Routes":
        """From (method, target) pairs in any order; none at all gives routes by look alone."""
        root = _Node()
        for method, target in requests:
            node = root
            for segment in segments_of(target):
                node = node.child(ID if looks_like_an_id(segment) else segment)
                node.visits += 1
            node.features.add(method)
            node.features.update(_query_names(target))
        _settle(root)
        return cls(root)

    def of(self, method: str, target: str) -> str:
        """The route of a request: 'POST /orders/{id}/items'."""
        node: _Node | None = self._root
        tokens = []
        for segment in segments_of(target):
            token = _token(node, segment)
            tokens.append(token)
            node = node.children.get(token) if node else None
        return f"{method} /{'/'.join(tokens)}"


def _token(node: _Node | None, segment: str) -> str:
    if looks_like_an_id(segment):
        return ID
    if node is not None and node.words_are_ids and segment and segment not in node.children:
        return ID
    return segment


def _query_names(target: str) -> Iterator[str]:
    query = target.split("#", 1)[0].partition("?")[2]
    return (f"?{pair.partition('=')[0]}" for pair in query.split("&") if pair)


def _settle(node: _Node) -> None:
    """Folds words that are ids into one child, from the root down."""
    words = {token: child for token, child in node.children.items() if token not in (ID, "")}
    if _are_ids(words):
        node.words_are_ids = True
        for token in _alike(words):
            node.child(ID).take_in(node.children.pop(token))
    for child in node.children.values():
        _settle(child)


def _are_ids(words: dict[str, _Node]) -> bool:
    """Whether cardinality says that these words under one prefix are values, not vocabulary."""
    if len(words) < _MANY_WORDS:
        return False
    visits = sum(word.visits for word in words.values())
    if len(words) < _SURELY_IDS and visits > _VISITS_OF_AN_ID * len(words):
        return False
    everything = set().union(*(word.does() for word in words.values()))
    common = everything - _rare(words)
    return bool(common) and sum(len(word.does() & common) for word in words.values()) >= _ALIKE * len(common) * len(
        words
    )


def _alike(words: dict[str, _Node]) -> list[str]:
    """The words that do only what many of the others do; '/articles/search?q=' stays apart from the slugs."""
    rare = _rare(words)
    return [token for token, word in words.items() if not word.does() & rare]


def _rare(words: dict[str, _Node]) -> set[str]:
    counts: dict[str, int] = {}
    for word in words.values():
        for what in word.does():
            counts[what] = counts.get(what, 0) + 1
    return {what for what, count in counts.items() if count <= _COMMON * len(words)}
