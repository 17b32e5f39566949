"""Sessions over several recorders: what two of them know by the same identity is one session."""

from collections.abc import Iterable

from recorder.sessionlink import SessionLink


class OneSession:
    """Names each session once for all recorders: by the first of its names, in the order of the alphabet."""

    def __init__(self, links: Iterable[Iterable[SessionLink]]) -> None:
        """`links` of each recorder. An identity that tells nothing at one of them (two sessions have it) joins none."""
        self.halves: frozenset[str] = frozenset()  # sessions that one recorder kept and another sampled out
        self._above: dict[str, str] = {}
        out: dict[str, bool] = {}
        holders: dict[str, list[str]] = {}
        for of_one in links:
            for identity, sessions in _by_identity(of_one, out).items():
                holders.setdefault(identity, []).extend(sessions if len(sessions) == 1 else ())
        for sessions in holders.values():
            for other in sessions[1:]:
                self._join(sessions[0], other)
        decided: dict[str, set[bool]] = {}
        for session, is_out in out.items():
            decided.setdefault(self.name_of(session), set()).add(is_out)
        self.halves = frozenset(name for name, decisions in decided.items() if len(decisions) > 1)

    def name_of(self, session: str) -> str:
        path = []
        while session in self._above:
            path.append(session)
            session = self._above[session]
        self._above.update(dict.fromkeys(path, session))  # the next look is one step
        return session

    def _join(self, one: str, other: str) -> None:
        first, *rest = sorted({self.name_of(one), self.name_of(other)})
        self._above.update(dict.fromkeys(rest, first))


def _by_identity(links: Iterable[SessionLink], out: dict[str, bool]) -> dict[str, list[str]]:
    """The sessions of each identity at one recorder; notes in `out` which sessions were sampled out."""
    found: dict[str, list[str]] = {}
    for link in links:
        out[link.session] = link.sampled_out
        sessions = found.setdefault(link.identity, [])
        if link.session not in sessions:
            sessions.append(link.session)
    return found
