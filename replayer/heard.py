"""What the sessions of a recording heard so far, as far as a later request may repeat it; in bounded memory.

Values are kept as long as a binding may look back (the horizon) and there is room; what was forgotten for want of room
is counted, for a request that repeats it later is then taken for one that says something by itself.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from replayer.generations import Generations
from replayer.keying import Key
from replayer.naming import Names
from replayer.place import Place

_VALUES = 80_000  # remembered: of all sessions together, and of what any said or sent first
_PER_VALUE = 16  # places remembered that said one value in one session: the first ones and the last
_BODIES_BYTES = 16 << 20  # of answers with lists, in which neighbours are looked for


class Speech:
    """One answer that was heard: to which step, when, and what it was about."""

    __slots__ = ("body", "number", "path", "session", "step", "written")

    def __init__(self, step: str, session: str, number: int, path: str, written: bool, body: bytes) -> None:
        self.step = step
        self.session = session
        self.number = number  # of the step, from 1
        self.path = path  # of the request it answered
        self.written = written  # that request was no mere reading
        self.body = body  # b'' where it is not kept


class Source(NamedTuple):
    """An answer's place that said a value."""

    speech: Speech
    place: Place
    names: Names
    entity: str

    @property
    def indexed(self) -> bool:
        """Whether it stands in a list, where another replay may have another order."""
        return any(type(part) is int for part in self.place.path)


class Heard:
    def __init__(self) -> None:
        self._sessions: OrderedDict[str, dict[Key, Source | list[Source]]] = OrderedDict()
        self._count = 0
        self._gone = 0
        self._first: Generations[Key, Source] = Generations(_VALUES)
        self._made_twice: Generations[Key, bool] = Generations(_VALUES)  # small ids: two writes of two sessions said it
        self._sent: Generations[object, bool] = Generations(_VALUES)  # the clients' own: before any answer said them
        self._bodies: deque[Speech] = deque()
        self._bodies_bytes = 0

    @property
    def forgotten(self) -> int:
        """Values that there was no room for any more."""
        return self._gone + self._first.forgotten + self._sent.forgotten

    def own(self, session: str, key: Key) -> list[Source]:
        """What said it to this session, in the order it was heard."""
        memory = self._sessions.get(session)
        found = memory.get(key) if memory else None
        return found if type(found) is list else [found] if found else []  # type: ignore[list-item]  # the only other

    def first(self, key: Key) -> Source | None:
        """What said it before anything else did, to whichever session."""
        return self._first.get(key)

    def made(self, key: Key) -> Source | None:
        """What made a small id, for every session to know: the one answer to a write that said it first."""
        first = self._first.get(key)
        return first if first and first.speech.written and key not in self._made_twice else None

    def sent(self, session: str, keys: Iterable[Key]) -> None:
        """Takes in what a client said: it is its own if no answer had said it; a small id, if none had to this session.

        Somebody else who asked for order 7 before there was one says nothing of who made it.
        """
        for key in keys:
            known = key in self._first if type(key) is str else self.own(session, key) or self.made(key)
            own: object = key if type(key) is str else (session, key)
            if not known and own not in self._sent:
                self._sent.put(own, True)

    def add(self, key: Key, source: Source) -> None:
        """Takes in what an answer said, unless a client had said it before."""
        session = source.speech.session
        if (key if type(key) is str else (session, key)) in self._sent:
            return
        self._add_own(self._memory(session), key, source)
        first = self._first.get(key)
        if first is None:
            self._first.put(key, source)
        elif type(key) is tuple and source.speech.written and first.speech.written and first.speech.session != session:
            self._made_twice.put(key, True)

    def _add_own(self, memory: dict[Key, Source | list[Source]], key: Key, source: Source) -> None:
        known = memory.get(key)
        if known is None:
            memory[key] = source
            self._count += 1
            if self._count > _VALUES:
                self._forget()
        elif isinstance(known, list):
            if len(known) == _PER_VALUE:
                del known[_PER_VALUE // 2]
            known.append(source)
        else:
            memory[key] = [known, source]

    def keep_body(self, speech: Speech, body: bytes) -> None:
        """Keeps the body of an answer with lists; the oldest are let go when there is no room."""
        speech.body = body
        self._bodies.append(speech)
        self._bodies_bytes += len(body)
        while self._bodies_bytes > _BODIES_BYTES:
            oldest = self._bodies.popleft()
            self._bodies_bytes -= len(oldest.body)
            oldest.body = b""

    def _memory(self, session: str) -> dict[Key, Source | list[Source]]:
        memory = self._sessions.get(session)
        if memory is None:
            memory = self._sessions[session] = {}
        else:
            self._sessions.move_to_end(session)
        return memory

    def _forget(self) -> None:
        """The session that was silent longest goes as a whole; of the only one left, the older half."""
        session, memory = next(iter(self._sessions.items()))
        if len(self._sessions) > 1:
            gone = len(memory)
            del self._sessions[session]
        else:
            gone = len(memory) // 2
            self._sessions[session] = dict(islice(memory.items(), gone, None))
        self._count -= gone
        self._gone += gone
