"""A recording on disk: `NAME.rec/` with its manifest and segments `exchanges-00001.jsonl.zst`, one exchange a line.

Lines stand in the order in which exchanges ended; a reader gets them in the order in which they started. Where several
recorders recorded into one folder, each has a folder of its own in it, and they are read as one: by their anchors on
the clock of the one that began first, and with each session under one name. The files belong to their owner alone.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property, reduce
from pathlib import Path
from typing import TypeVar

import msgspec

from recorder.exchange import Exchange, held_bytes
from recorder.followed import Followed
from recorder.following import joined
from recorder.listen.signal import Signal
from recorder.manifest import END_UNKNOWN, Counts, Manifest, MessageCounts, SignalCounts
from recorder.onesession import OneSession
from recorder.part import Part, parts_of
from recorder.tally import Tally
from recorder.writer import RecordingWriter

__all__ = ["Recording", "RecordingWriter"]  # both sides of the format; the writer has a file of its own

_WINDOW = 4096  # exchanges held to bring them into started order: what overlaps one slow exchange
_BLOCK = 1024  # given at a time
_WINDOW_BYTES = 64 << 20  # of their bodies

Timed = TypeVar("Timed")


class Recording:
    """A recording that was opened. `tears` says in sentences what is missing, once `exchanges()` is read through.

    `manifest` is the only part's own, or what the manifests of several say together; `parts` are in order of their ids.
    """

    def __init__(self, path: Path, parts: list[Part]) -> None:
        self.path = path
        self.parts = parts
        self.tears: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path | str, *, encrypt_key: bytes | None = None) -> "Recording":
        """UsageError where there is no recording that this version reads; torn ones open.

        A sealed one is opened with `encrypt_key`, else with the key that FORESHOCK_ENCRYPT_KEY names.
        """
        folder = Path(path)
        return cls(folder, parts_of(folder, encrypt_key))

    @cached_property
    def manifest(self) -> Manifest:
        manifests = [part.manifest for part in self.parts]
        first = min(manifests, key=lambda manifest: manifest.anchor.wall_s)
        if len(manifests) == 1:
            return first
        return msgspec.structs.replace(
            first,
            tools={name: version for manifest in manifests for name, version in manifest.tools.items()},
            upstream=" ".join(dict.fromkeys(url for manifest in manifests for url in manifest.upstream.split())),
            recorder="",
            segments=None,
            counts=reduce(Counts.plus, (manifest.counts for manifest in manifests)),
            signals=reduce(SignalCounts.plus, (manifest.signals for manifest in manifests)),
            messages=reduce(MessageCounts.plus, (manifest.messages for manifest in manifests)),
            hosts=reduce(Tally.plus, (manifest.hosts for manifest in manifests)),
            passed=_together([manifest.passed for manifest in manifests]),
            closed=all(manifest.closed for manifest in manifests),
            end_unknown=any(manifest.end_unknown for manifest in manifests),
        )

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the SHA-256 of its segments: the same for copies, another for any other content."""
        if len(self.parts) == 1:
            return self.parts[0].digest().hex()[:16]
        return hashlib.sha256(b"".join(part.digest() for part in self.parts)).hexdigest()[:16]

    def exchanges(self, since_s: float | None = None) -> Iterator[Exchange]:
        """Every exchange in the order in which they started, with what was said on it until its end.

        At most 4096 of each recorder, or 64 MiB, are held to sort them; one that started before so many others, yet
        ended after them, comes late, and `tears` counts it. A session that one recorder sampled out is left out as a
        whole.
        With `since_s` those that started earlier may be left out, without reading them: `tears` counts none then.
        """
        tears: list[str] = []
        late, left_out, last_s = 0, 0, float("-inf")
        stored = [0] * len(self.parts)
        sessions = self._sessions(tears)
        streams = [self._of_part(number, stored, sessions, tears, since_s) for number in range(len(self.parts))]
        with ExitStack() as stack:
            followed = _FollowedParts(self.parts, stack, tears.append)
            for exchange in heapq.merge(*streams, key=lambda exchange: exchange.started_s):
                if sessions and exchange.session in sessions.halves:
                    left_out += 1
                    continue
                late += exchange.started_s < last_s
                last_s = max(last_s, exchange.started_s)
                yield self._joined(exchange, followed) if exchange.goes_on else exchange  # only now: see _FollowedParts
        if late:
            tears.append(f"{late} exchanges took so long that they come after exchanges that started later")
        if left_out:
            tears.append(
                f"{left_out} exchanges are left out: other recorders sampled the rest of their sessions out; "
                "with --session-key they agree"
            )
        if since_s is None:
            for part, count in zip(self.parts, stored, strict=True):
                tears += _missing(part, count)
        self.tears = tuple(tears)

    def signals(self) -> Iterator[Signal]:
        """What production said of itself meanwhile, in order of time, on the recording's clock; often nothing."""
        streams = [
            in_order(self._shifted(part, part.signals(lambda _: None)), lambda signal: signal.t_s)
            for part in self.parts
        ]
        return heapq.merge(*streams, key=lambda signal: signal.t_s)

    def _joined(self, exchange: Exchange, followed: "_FollowedParts") -> Exchange:
        found = followed.of(exchange.recorder)
        if found is None:
            return exchange
        part, lines = found
        return joined(exchange, lines.of(exchange.id), self._offset_s(part))

    def _sessions(self, tears: list[str]) -> OneSession | None:
        """What joins the sessions of several recorders; None for a single one's, which are right as they are."""
        if len(self.parts) == 1:
            return None
        if len({part.manifest.redaction.key_fingerprint for part in self.parts}) > 1:
            tears.append("its recorders had different keys: sessions that went over several of them fall apart")
        return OneSession(part.links(tears.append) for part in self.parts)

    def _of_part(
        self, number: int, stored: list[int], sessions: OneSession | None, tears: list[str], since_s: float | None
    ) -> Iterator[Exchange]:
        """The exchanges of a part in started order, on the recording's clock; counts in `stored` what it read."""
        part = self.parts[number]

        def read() -> Iterator[Exchange]:
            offset_s = self._offset_s(part)
            for exchange in part.exchanges(tears.append, None if since_s is None else since_s - offset_s):
                stored[number] += 1
                yield exchange if sessions is None else _moved(exchange, offset_s, sessions)

        return in_order(read(), lambda exchange: exchange.started_s, held_bytes)

    def _offset_s(self, part: Part) -> float:
        return part.manifest.anchor.wall_s - self.manifest.anchor.wall_s

    def _shifted(self, part: Part, signals: Iterator[Signal]) -> Iterator[Signal]:
        offset_s = self._offset_s(part)
        for signal in signals:
            yield msgspec.structs.replace(signal, t_s=signal.t_s + offset_s) if offset_s else signal


class _FollowedParts:
    """What followed the exchanges of each part: read when the first of them asks for it, for in most none does.

    It is joined one exchange after the other: what was said on many at once would not fit into memory.
    """

    def __init__(self, parts: list[Part], stack: ExitStack, on_tear: Callable[[str], None]) -> None:
        self._parts = {part.manifest.recorder: part for part in parts}
        self._stack = stack
        self._on_tear = on_tear
        self._found: dict[str, tuple[Part, Followed] | None] = {}

    def of(self, recorder: str) -> tuple[Part, Followed] | None:
        """With its part; None of a recorder that has none."""
        if recorder not in self._found:
            part = self._parts.get(recorder)
            followed = part.followed(self._on_tear) if part else None
            self._found[recorder] = (part, self._stack.enter_context(followed)) if part and followed else None
        return self._found[recorder]


def in_order(
    items: Iterator[Timed], time_s: Callable[[Timed], float], size_of: Callable[[Timed], int] = lambda _: 0
) -> Iterator[Timed]:
    """The same items by time, as far as a window of 4096, or of 64 MiB, goes; those of one time as they came.

    Sorted a block at a time: what is nearly sorted costs less so than in a heap.
    """
    held: list[Timed] = []
    bytes_held = 0
    for item in items:
        held.append(item)
        bytes_held += size_of(item)
        if len(held) < _WINDOW + _BLOCK and (bytes_held <= _WINDOW_BYTES or len(held) == 1):
            continue
        held.sort(key=time_s)
        earliest = _BLOCK if len(held) >= _WINDOW + _BLOCK else (len(held) + 1) // 2
        yield from held[:earliest]
        del held[:earliest]
        bytes_held = sum(map(size_of, held))
    held.sort(key=time_s)
    yield from held


def _moved(exchange: Exchange, offset_s: float, sessions: OneSession) -> Exchange:
    def at(time_s: float) -> float:
        return round(time_s + offset_s, 6)

    return msgspec.structs.replace(
        exchange,
        session=sessions.name_of(exchange.session),
        started_s=at(exchange.started_s),
        request_ended_s=at(exchange.request_ended_s),
        first_byte_s=None if exchange.first_byte_s is None else at(exchange.first_byte_s),
        ended_s=at(exchange.ended_s),
        messages=tuple(msgspec.structs.replace(message, at_s=at(message.at_s)) for message in exchange.messages),
    )


def _together(tallies: list[dict[str, Tally]]) -> dict[str, Tally]:
    """By what they were, connections that went through unrecorded."""
    together: dict[str, Tally] = {}
    for of_one in tallies:
        for what, tally in of_one.items():
            together[what] = together[what].plus(tally) if what in together else tally
    return together


def _missing(part: Part, stored: int) -> Iterator[str]:
    """What the manifest knows of and the segments do not hold."""
    for name in (*part.missing("exchanges"), *part.missing("messages")):
        yield f"{part.called}{name} is missing"
    counts = part.manifest.counts
    if not part.manifest.closed:
        yield (
            f"{part.called}the recorder was killed: its manifest last counted {counts.stored} stored, {stored} could "
            "be read; what came in its last second, and what was dropped since, is not known"
        )
        return
    if part.manifest.end_unknown:
        yield f"{part.called}{END_UNKNOWN}"
    if stored != counts.stored:
        yield f"{part.called}{counts.stored} exchanges were stored, {stored} could be read"
