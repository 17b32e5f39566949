"""How clients go: how long sessions are, which route follows which and after what time, who reuses connections."""

from collections import OrderedDict
from collections.abc import Callable

from recorder.shaping.model import Flow, Flows
from recorder.shaping.sketch import Sketch

_OPEN = 50_000  # sessions, and connections, remembered; the one that was silent longest has ended
_FLOWS = 4_000  # pairs of routes that are counted; at that many the rarer half is left out
_TOLD = 200


class _Session:
    __slots__ = ("ended_s", "requests", "route", "started_s")

    def __init__(self, started_s: float) -> None:
        self.started_s = started_s
        self.ended_s = started_s
        self.requests = 0
        self.route: str | None = None


class _Step:
    __slots__ = ("count", "think_s")

    def __init__(self) -> None:
        self.count = 0
        self.think_s = Sketch()


class Going:
    """Told of every exchange in the order of their starts."""

    def __init__(self) -> None:
        self.sessions = 0
        self._open: OrderedDict[str, _Session] = OrderedDict()
        self._requests = Sketch()
        self._lengths_s = Sketch()
        self._steps: dict[tuple[str | None, str | None], _Step] = {}
        self._left_out = 0
        self._connections: OrderedDict[str, int] = OrderedDict()
        self._connection_requests = Sketch()

    def add(self, session: str, connection: str, route: str, started_s: float, ended_s: float) -> None:
        known = self._open.get(session)
        if known is None:
            known = self._begun(session, started_s)
            self._step(None, route)
        else:
            self._open.move_to_end(session)
            think_s = started_s - known.ended_s
            self._step(known.route, route).think_s.add(think_s if think_s > 0 else 0.0)
        known.requests += 1
        known.route = route
        if ended_s > known.ended_s:
            known.ended_s = ended_s
        self._add_connection(connection)

    def _begun(self, session: str, started_s: float) -> _Session:
        self.sessions += 1
        known = self._open[session] = _Session(started_s)
        if len(self._open) > _OPEN:
            self._end(self._open.popitem(last=False)[1])
        return known

    def _end(self, session: _Session) -> None:
        self._requests.add(session.requests)
        self._lengths_s.add(session.ended_s - session.started_s)
        self._step(session.route, None)

    def _step(self, before: str | None, after: str | None) -> _Step:
        step = self._steps.get((before, after))
        if step is None:
            if len(self._steps) >= _FLOWS:
                self._leave_out_rare()
            step = self._steps[(before, after)] = _Step()
        step.count += 1
        return step

    def _leave_out_rare(self) -> None:
        by_count = sorted(self._steps.items(), key=lambda item: -item[1].count)
        self._left_out += sum(step.count for _, step in by_count[_FLOWS // 2 :])
        self._steps = dict(by_count[: _FLOWS // 2])

    def _add_connection(self, connection: str) -> None:
        connections = self._connections
        if connection in connections:
            connections[connection] += 1
            connections.move_to_end(connection)
            return
        connections[connection] = 1
        if len(connections) > _OPEN:
            self._connection_requests.add(connections.popitem(last=False)[1])

    def rename(self, route: Callable[[str], str]) -> None:
        """Calls routes what they are called now; those that became one are counted as one."""
        steps, self._steps = self._steps, {}
        for (before, after), step in steps.items():
            key = (before and route(before), after and route(after))
            if (known := self._steps.get(key)) is None:
                self._steps[key] = step
            else:
                known.count += step.count
                known.think_s.take_in(step.think_s)
        for session in self._open.values():
            session.route = session.route and route(session.route)

    def told(self) -> Flows:
        """Ends what is open; nothing is added afterwards."""
        for session in self._open.values():
            self._end(session)
        self._open.clear()
        for requests in self._connections.values():
            self._connection_requests.add(requests)
        self._connections.clear()
        by_count = sorted(self._steps.items(), key=lambda item: (-item[1].count, item[0][0] or "", item[0][1] or ""))
        return Flows(
            session_requests=self._requests.at_rest(),
            session_s=self._lengths_s.at_rest(),
            flows=tuple(
                Flow(before=before, after=after, count=step.count, think_s=step.think_s.at_rest())
                for (before, after), step in by_count[:_TOLD]
            ),
            flows_left_out=self._left_out + sum(step.count for _, step in by_count[_TOLD:]),
            connections=self._connection_requests.count,
            connection_requests=self._connection_requests.at_rest(),
        )
