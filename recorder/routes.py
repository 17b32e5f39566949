"""Route templates from request targets: `GET /orders/17/items` and `GET /orders/18/items` are `GET /orders/{id}/items`.

A path segment is an id by its look (number, date, UUID, hash, ULID, mixed token) wherever it stands. A segment that
looks like a word stays a word, unless cardinality says otherwise: under one prefix many different words came, none of
them often, and what is done with them is the same (slugs, user names). Learning holds a bounded number of words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from recorder.looks import looks_like_an_id as looks_like_an_id  # told from here too

ID = "{id}"
REST = "{rest}"  # of a path with more segments than are told apart

_MANY_WORDS = 20  # fewer different words under one prefix are a vocabulary
_SURELY_IDS = 200  # so many are no vocabulary however often they come
_VISITS_OF_AN_ID = 10  # on average; the words of a vocabulary come more often
_ALIKE = 0.5  # how much of what is done under the prefix an average word shares
_COMMON = 0.1  # what fewer words than this share sets a word apart from them
_SEGMENTS = 40  # of one path are told apart
_NODES = 4096  # prefixes held before words that are ids are folded
_MOST_NODES = 32_768  # held after that; words that come later are taken for ids
_QUERY_NAMES = 64  # of one route


def segments_of(target: str) -> list[str]:
    """The path's segments, as sent: '/a/b?c' and 'http://host/a/b' give ['a', 'b']; '/' gives [''].

    At most 40 are told apart: of a longer path the rest is one segment, '{rest}'.
    """
    path = target.split("#", 1)[0].split("?", 1)[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    segments = path[1:].split("/")
    return segments if len(segments) <= _SEGMENTS else [*segments[: _SEGMENTS - 1], REST]


def tokens_of(target: str) -> tuple[str, ...]:
    """The path's segments, each that is an id by its look as '{id}'."""
    return templated(segments_of(target))


def templated(segments: Iterable[str]) -> tuple[str, ...]:
    """The segments, each that is an id by its look as '{id}'."""
    return tuple([ID if segment.isdecimal() or looks_like_an_id(segment) else segment for segment in segments])


@dataclass(slots=True)
class _Node:
    """What came under one prefix of templated segments."""

    visits: int = 0
    features: set[str] = field(default_factory=set)  # methods and query names of requests that end here
    children: dict[str, "_Node"] = field(default_factory=dict)
    words_are_ids: bool = False

    def does(self) -> set[str]:
        """What is done here: methods, query names, and where paths go on."""
        return self.features | {f"/{token}" for token in self.children}

    def take_in(self, other: "_Node") -> None:
        self.visits += other.visits
        self.features |= other.features
        self.words_are_ids |= other.words_are_ids
        for token, node in other.children.items():
            if token in self.children:
                self.children[token].take_in(node)
            else:
                self.children[token] = node

    def nodes(self) -> int:
        """How many prefixes stand below this one, with it."""
        return 1 + sum(child.nodes() for child in self.children.values())


class Routes:
    """Templates learned from requests; unseen ones are told by the same rules.

    `compactions` counts how often words were folded while learning: what was told before may be told otherwise now.
    """

    def __init__(self) -> None:
        self.compactions = 0
        self._root = _Node()
        self._nodes = 1
        self._compact_at = _NODES

    @classmethod
    def learn(cls, requests: Iterable[tuple[str, str]]) -> "Routes":
        """From (method, target) pairs in any order; none at all gives routes by look alone."""
        routes = cls()
        for method, target in requests:
            routes.add(method, target, tokens_of(target))
        routes.settle()
        return routes

    @classmethod
    def known(cls, names: Iterable[str]) -> "Routes":
        """From the names of all routes of what is to be told: where '{id}' stands, a word that no name has is an id."""
        routes = cls()
        for name in names:
            node = routes._root
            for token in name.partition(" /")[2].split("/"):
                node.words_are_ids |= token == ID
                node = node.children.setdefault(token, _Node())
        return routes

    def add(self, method: str, target: str, tokens: tuple[str, ...]) -> None:
        """Learns from one more request; `tokens` are its `tokens_of`."""
        node = self._root
        for token in tokens:
            child = node.children.get(token)
            if child is None:
                child = self._grown(node, token)
            child.visits += 1
            node = child
        if len(node.features) < _QUERY_NAMES:
            node.features.add(method)
            if "?" in target:
                node.features.update(_query_names(target))

    def _grown(self, node: _Node, token: str) -> _Node:
        if self._nodes >= self._compact_at:
            self.settle()
            self._compact_at = max(_NODES, 2 * self._nodes)
        if self._nodes >= _MOST_NODES:
            node.words_are_ids = True
            token = ID
        if token not in node.children:
            node.children[token] = _Node()
            self._nodes += 1
        return node.children[token]

    def settle(self) -> None:
        """Folds the words that are ids, of all that came so far."""
        _settle(self._root)
        self._nodes = self._root.nodes()
        self.compactions += 1

    def of(self, method: str, target: str) -> str:
        """The route of a request: 'POST /orders/{id}/items'."""
        return self.named(method, tokens_of(target))

    def named(self, method: str, tokens: Iterable[str]) -> str:
        """The route of a request with these `tokens_of` its target."""
        return f"{method} /{'/'.join(self.settled(tokens))}"

    def settled(self, tokens: Iterable[str]) -> Iterator[str]:
        """The tokens with the words that are ids as '{id}'."""
        node: _Node | None = self._root
        for token in tokens:
            if node is not None and node.words_are_ids and token and token not in node.children:
                token = ID
            yield token
            node = node.children.get(token) if node else None


def _query_names(target: str) -> Iterator[str]:
    query = target.split("#", 1)[0].partition("?")[2]
    return (f"?{pair.partition('=')[0]}" for pair in query.split("&")[:_QUERY_NAMES] if pair)


def _settle(node: _Node) -> None:
    """Folds words that are ids into one child, from the root down."""
    words = {token: child for token, child in node.children.items() if token not in (ID, "")}
    if node.words_are_ids or _are_ids(words):
        for token in _like_the_ids(node, words) if node.words_are_ids else _alike(words):
            node.children.setdefault(ID, _Node()).take_in(node.children.pop(token))
        node.words_are_ids = True
    for child in node.children.values():
        _settle(child)


def _like_the_ids(node: _Node, words: dict[str, _Node]) -> list[str]:
    """Words that came after others were folded, and do only what those do."""
    known = node.children[ID].does() if ID in node.children else set()
    return [token for token, word in words.items() if word.does() <= known]


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
