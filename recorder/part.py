"""What one recorder left: a folder with its manifest and segments, read line by line in the order of the files."""

import bisect
import hashlib
import math
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from recorder.exchange import Exchange
from recorder.followed import Followed
from recorder.listen.signal import Kind as SignalKind
from recorder.listen.signal import LogLine, Role, Sample, Signal, Span
from recorder.manifest import FILE_NAME, Manifest, read_manifest
from recorder.ring import KINDS, Kind, segment_name, segment_number
from recorder.sealed import check_key, key_of_environment, segment_lines
from recorder.sessionlink import SessionLink

OnTear = Callable[[str], None]
Line = TypeVar("Line")

_LINES_OUT_OF_ORDER_S = 1.0  # lines stand in the order in which exchanges ended, but for what threads make of it


class _Ended(msgspec.Struct, rename="camel"):
    """As much of an exchange's line as says whether the rest is worth reading: that takes a tenth of the time."""

    ended_s: float


class _SignalLine(msgspec.Struct):
    """One of the three: a point has a name, a span an operation, and a log line neither."""

    t_s: float
    source: str
    name: str | None = None
    value: float = 0.0
    kind: SignalKind = ""
    buckets: tuple[tuple[float, float], ...] = ()
    level: str = ""
    template: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    operation: str | None = None
    duration_s: float = 0.0
    role: Role = ""
    failed: bool = False
    trace: str = ""
    span: str = ""
    parent: str = ""

    @property
    def signal(self) -> Signal:
        if self.name is not None:
            return Sample(self.t_s, self.source, self.name, self.value, self.kind, self.buckets)
        if self.operation is None:
            return LogLine(self.t_s, self.source, self.level, self.template, self.fields)
        fields = {name: getattr(self, name) for name in Span.__struct_fields__}
        return Span(**fields)


def _ended_since(since_s: float) -> Callable[[bytes], bool]:
    decode = msgspec.json.Decoder(_Ended).decode
    return lambda line: decode(line).ended_s >= since_s


class Part:
    """`path` with the `manifest` in it. Segments that were let go, and that a kill left there, are not its own."""

    def __init__(self, path: Path, manifest: Manifest, encrypt_key: bytes | None = None) -> None:
        self.path = path
        self.manifest = manifest
        self.encrypt_key = encrypt_key

    @cached_property
    def called(self) -> str:
        """How sentences begin that are about one of several: 'web-1: '."""
        return f"{self.manifest.recorder}: " if self.manifest.recorder else ""

    def segments(self, kind: Kind) -> list[Path]:
        """The files that are there, the oldest first."""
        found = {segment_number(path.name): path for path in self.path.glob(f"{kind}-*.jsonl.zst")}
        first = self._first(kind)
        return [found[number] for number in sorted(found) if number >= first]

    def missing(self, kind: Kind) -> list[str]:
        """The names of segments that were there once, were not let go, and are not there."""
        there = {path.name for path in self.segments(kind)}
        last = max((segment_number(name) for name in there | self._listed(kind)), default=0)
        wanted = (segment_name(kind, number) for number in range(self._first(kind), last + 1))
        return [name for name in wanted if name not in there]

    def exchanges(self, on_tear: OnTear, since_s: float | None = None) -> Iterator[Exchange]:
        """In the order in which they ended; with `since_s` those that had ended before are left out, mostly unread."""
        segments = self.segments("exchanges")
        skipped = 0 if since_s is None else self._ended_before(segments, since_s - _LINES_OUT_OF_ORDER_S)
        wanted = None if since_s is None else _ended_since(since_s - _LINES_OUT_OF_ORDER_S)
        return self._lines(segments[skipped:], "exchanges", msgspec.json.Decoder(Exchange), on_tear, wanted)

    def followed(self, on_tear: OnTear) -> Followed | None:
        """What followed the exchanges that went on, to be closed; None where nothing did."""
        segments = self.segments("messages")
        if not segments:
            return None
        strange = [0]

        def on_strange() -> None:
            strange[0] += 1

        def lines() -> Iterator[bytes]:
            for segment in segments:
                yield from segment_lines(segment, self.encrypt_key, lambda tear: on_tear(f"{self.called}{tear}"))

        followed = Followed(lines(), seal=bool(self.manifest.sealed), on_strange=on_strange)
        if strange[0]:
            on_tear(f"{self.called}{strange[0]} lines of its messages are none: they are left out")
        return followed

    def signals(self, on_tear: OnTear) -> Iterator[Signal]:
        lines = self._lines(self.segments("signals"), "signals", msgspec.json.Decoder(_SignalLine), on_tear)
        return (line.signal for line in lines)

    def links(self, on_tear: OnTear) -> Iterator[SessionLink]:
        return self._lines(self.segments("sessions"), "sessions", msgspec.json.Decoder(SessionLink), on_tear)

    def digest(self) -> bytes:
        """SHA-256 of its segments' bytes, in order."""
        digest = hashlib.sha256()
        for kind in KINDS:
            for segment in self.segments(kind):
                with segment.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
        return digest.digest()

    def _ended_before(self, segments: list[Path], since_s: float) -> int:
        """How many of the first segments hold only what had ended by then: a later one begins with such a line too."""
        ended = bisect.bisect_left(segments, since_s, key=self._first_ended_s)
        return max(0, ended - 1)

    def _first_ended_s(self, segment: Path) -> float:
        """When the first exchange of a segment ended; one that cannot be read is not skipped."""
        first = next(self._lines([segment], "exchanges", msgspec.json.Decoder(Exchange), lambda _: None), None)
        return first.ended_s if first else math.inf

    def _lines(
        self,
        segments: list[Path],
        kind: Kind,
        decoder: "msgspec.json.Decoder[Line]",
        on_tear: OnTear,
        wanted: Callable[[bytes], bool] | None = None,
    ) -> Iterator["Line"]:
        for segment in segments:
            strange = 0
            for line in segment_lines(segment, self.encrypt_key, lambda tear: on_tear(f"{self.called}{tear}")):
                try:
                    if wanted is None or wanted(line):
                        yield decoder.decode(line)
                except ValueError:  # no JSON, JSON of something else, or no UTF-8
                    strange += 1
            if strange:
                on_tear(f"{self.called}{segment.name} holds {strange} lines that are not {kind}: they are left out")

    def _listed(self, kind: Kind) -> set[str]:
        return {facts.name for facts in self.manifest.segments or () if facts.name.startswith(f"{kind}-")}

    def _first(self, kind: Kind) -> int:
        """The number of the oldest segment that was not let go."""
        return min((segment_number(name) for name in self._listed(kind)), default=1)


def parts_of(folder: Path, encrypt_key: bytes | None = None) -> list[Part]:
    """The parts of a recording: its own, where it was one recorder's, then those of several, by their ids.

    A sealed one is opened with `encrypt_key`, else with the key that FORESHOCK_ENCRYPT_KEY names. UsageError where
    there is none, or one that this version does not read, or that this key does not open.
    """
    inner = sorted({path.parent for what in (FILE_NAME, "*.jsonl.zst") for path in folder.glob(f"*/{what}")})
    own = [folder] if (folder / FILE_NAME).is_file() or not inner else []
    manifests = [(path, read_manifest(path)) for path in (*own, *inner)]
    key = encrypt_key
    if key is None and any(manifest.sealed for _, manifest in manifests):
        key = key_of_environment()
    for path, manifest in manifests:
        check_key(path, manifest.sealed, key)
    return [Part(path, manifest, key) for path, manifest in manifests]
