"""What calm runs do, learned signal by signal, and which signals of another run left it, at a chosen rate of error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from foreshock.duration import format_duration
from recorder.listen.mining import Miner
from scenarios.signals.bound import Bound, bound_of
from scenarios.signals.judging import Known, first_move
from scenarios.signals.learning import known_of, looked_at
from scenarios.signals.moving import Move
from scenarios.signals.novelty import Novelty
from scenarios.signals.pieces import LEAST_PIECES, pieces_of
from scenarios.signals.signallog import Series, SignalLog
from scenarios.signals.tracks import Signal, Track, flows_of, tracks_of

FALSE_MOVES_PER_H = 1.0
_HOUR_S = 3600.0


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """How often `signals` signals together may move falsely, and whether `calm_s` of calm was enough to know."""

    per_h: float
    signals: int
    calm_s: float
    kept: bool
    least_calm_s: float  # that would have been enough

    @property
    def sentence(self) -> str:
        asked = f"at most {self.per_h:g} false {'move' if self.per_h == 1 else 'moves'} an hour of calm"
        had = f"{format_duration(round(self.calm_s, 1))} of calm"
        if self.kept:
            return f"{asked} over {self.signals} signals together, as {had} had it"
        least = format_duration(round(self.least_calm_s))
        return f"{had} are too short to promise {asked} over {self.signals} signals: that takes {least}"


class Baseline:
    """Learned once, asked of any run of the same system."""

    def __init__(
        self,
        miner: Miner,
        flows: frozenset[Series],
        known: Mapping[Signal, Known],
        novelty: Novelty,
        bound: Bound,
        promise: Promise,
    ) -> None:
        self.miner = miner
        self.known = known
        self.novelty = novelty
        self.bound = bound
        self.promise = promise
        self._flows = flows

    @classmethod
    def learn(cls, calms: Sequence[SignalLog], *, false_moves_per_h: float = FALSE_MOVES_PER_H) -> Baseline | None:
        """None where the calm is too short to tell one part of it from another: less than four pieces in all."""
        logs = pieces_of(calms)
        if len(logs) < LEAST_PIECES:
            return None
        miner = Miner()
        for log in logs:
            for line in log.log_lines:
                miner.learn(line.template)
        flows = flows_of(calms)
        pieces = [tracks_of(log, miner, flows) for log in logs]
        calm_s = sum(log.ended_s - log.started_s for log in logs)
        piece_s = calm_s / len(logs)
        wanted = false_moves_per_h * (calm_s + piece_s) / _HOUR_S
        novelty = Novelty.of(pieces, wanted)
        known: dict[Signal, Known] = {}
        surprises: list[float] = []
        for signal in novelty.known:
            looked = looked_at(signal, pieces)
            surprises += looked.surprises
            if (learned := known_of(signal, pieces, looked)) is not None:
                known[signal] = learned
        bound = bound_of(surprises, wanted - novelty.spent)
        promise = Promise(
            per_h=false_moves_per_h,
            signals=len(novelty.known),
            calm_s=calm_s,
            kept=bound.promised,
            least_calm_s=_HOUR_S / false_moves_per_h - piece_s,
        )
        return cls(miner, flows, known, novelty, bound, promise)

    def moves(self, log: SignalLog, *, since_s: float = 0.0) -> list[tuple[Signal, Move]]:
        """The first move of each signal of `log` from `since_s` on, earliest first. Sources that calm never heard, and
        what calm itself is too full of to be believed, do not move."""
        moved = [
            (signal, move)
            for signal, track in self._tracks(log)
            if (move := self.novelty.move(signal, track.since(since_s))) is not None
            or (
                (known := self.known.get(signal)) is not None
                and (move := first_move(known, track, self.bound.surprise, since_s)) is not None
            )
        ]
        return sorted(moved, key=lambda each: (each[1].t_s, each[0].text))

    def watched(self, log: SignalLog) -> int:
        """How many signals there were to move, here or in calm."""
        return len({*self.novelty.known, *(signal for signal, _ in self._tracks(log))})

    def _tracks(self, log: SignalLog) -> Iterable[tuple[Signal, Track]]:
        """Those of the log, and those that calm had and it lacks: their silence may be a move."""
        found = tracks_of(log, self.miner, self._flows)
        lacking = {
            signal: Track(log.started_s, log.ended_s, events=(), is_lines=True)
            for signal, known in self.known.items()
            if signal not in found and known.is_lines
        }
        return [*found.items(), *lacking.items()]
