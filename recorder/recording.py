"""A recording on disk: `NAME.rec/` with its manifest and segments `exchanges-00001.jsonl.zst`, one exchange a line.

Lines stand in the order in which exchanges ended; a reader gets them in the order in which they started. The folder and
its files belong to their owner alone.
"""

import hashlib
import heapq
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

from foreshock import __version__
from foreshock.clock import Anchor, Clock
from foreshock.errors import UsageError
from foreshock.segment import SegmentWriter, read_segment
from recorder.exchange import Exchange
from recorder.manifest import Counts, Manifest, read_manifest, write_manifest
from recorder.policy import Redaction

_SEGMENT_BYTES = 64 << 20  # compressed; a new segment is begun after that
_WINDOW = 4096  # exchanges held to bring them into started order: what overlaps one slow exchange


class RecordingWriter:
    """Writes a new recording; belongs to one thread. UsageError if the folder is already there.

    Its owner says what it saw and what became of it: `write`, or `drop` with the reason; and calls `tick()` at least
    every second, for segment and manifest to follow.
    """

    def __init__(
        self,
        folder: Path,
        *,
        upstream: str,
        anchor: Anchor | None = None,
        redaction: Redaction = Redaction(),  # noqa: B008 (frozen)
        session_rule: str = "",
        tools: Mapping[str, str] | None = None,
        clock: Clock = time.monotonic,
        segment_bytes: int = _SEGMENT_BYTES,
    ) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise UsageError(
                f"out={folder} is already there and is not written over; name another or remove it"
            ) from None
        except OSError as error:
            raise UsageError(f"out={folder} cannot be made: {error.strerror}; name a folder you may write") from None
        self.folder = folder
        self._manifest = Manifest(
            tools={"foreshock": __version__, "zstandard": version("zstandard"), **(tools or {})},
            upstream=upstream,
            anchor=anchor or Anchor.now(),
            redaction=redaction,
            session_rule=session_rule,
        )
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._encoder = msgspec.json.Encoder()
        self._taken = 0  # by write()
        self._stored_before = 0  # in the segments that are closed
        self._dropped: Counter[str] = Counter()
        self._bodies_withheld = 0
        self._segments = 0
        self._segment = self._next_segment()
        self._told_s = clock()
        write_manifest(folder, self._manifest)

    @property
    def anchor(self) -> Anchor:
        return self._manifest.anchor

    @property
    def counts(self) -> Counts:
        """Stored is what is on disk; what was taken and waits for its flush is seen, and not yet accounted for."""
        dropped = dict(self._dropped)
        stored = self._stored_before + self._segment.file_lines
        seen = self._taken + sum(dropped.values())
        return Counts(seen=seen, stored=stored, dropped=dropped, bodies_withheld=self._bodies_withheld)

    def write(self, exchange: Exchange, *, bodies_withheld: int = 0) -> None:
        """Stores one exchange: on disk at the latest with the next second's `tick()`."""
        self._taken += 1
        self._bodies_withheld += bodies_withheld
        self._segment.write(self._encoder.encode(exchange))
        if self._segment.file_bytes >= self._segment_bytes:
            self._segment.close()
            full, self._segment = self._segment, self._next_segment()
            self._stored_before += full.file_lines

    def drop(self, reason: str, count: int = 1) -> None:
        """Accounts for exchanges that were seen and are not kept."""
        self._dropped[reason] += count

    def lose(self, reason: str) -> None:
        """After an OSError: what was taken and is not on disk is dropped for this reason."""
        lost = self.counts.unaccounted
        self._taken -= lost
        self._dropped[reason] += lost

    def tick(self) -> None:
        """Flushes what has waited for a second, and writes the counts as they are."""
        self._segment.tick()
        if self._clock() - self._told_s >= 1.0:
            self._told_s = self._clock()
            if self.counts != self._manifest.counts:
                self._tell(closed=False)

    def close(self) -> Counts:
        """Ends the recording; what it holds in the end. A second time does nothing more."""
        if not self._manifest.closed:
            self._tell(closed=True)
            self._segment.close()
        return self._manifest.counts

    def _tell(self, *, closed: bool) -> None:
        self._segment.flush()  # first: a manifest never counts more than the segments hold
        self._manifest = msgspec.structs.replace(self._manifest, counts=self.counts, closed=closed)
        write_manifest(self.folder, self._manifest)

    def _next_segment(self) -> SegmentWriter:
        self._segments += 1
        return SegmentWriter(self.folder / f"exchanges-{self._segments:05}.jsonl.zst", clock=self._clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Recording:
    """A recording that was opened. `tears` says in sentences what is missing, once `exchanges()` is read through."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self.tears: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path | str) -> "Recording":
        """UsageError where there is no recording that this version reads; torn ones open."""
        folder = Path(path)
        return cls(folder, read_manifest(folder))

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the SHA-256 of its segments: the same for copies, another for any other content."""
        digest = hashlib.sha256()
        for segment in self._segments():
            with segment.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()[:16]

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange in the order in which they started.

        At most 4096 are held to sort them; one that started before so many others, yet ended after them, comes late,
        and `tears` counts it.
        """
        tears: list[str] = []
        held: list[tuple[float, int, Exchange]] = []
        last_s, late, stored = float("-inf"), 0, 0
        for stored, exchange in enumerate(self._stored(tears), start=1):
            heapq.heappush(held, (exchange.started_s, stored, exchange))
            if len(held) > _WINDOW:
                started_s, _, first = heapq.heappop(held)
                late += started_s < last_s
                last_s = max(last_s, started_s)
                yield first
        while held:
            yield heapq.heappop(held)[2]
        if late:
            tears.append(f"{late} exchanges took so long that they come after exchanges that started later")
        self.tears = (*tears, *self._missing(stored))

    def _stored(self, tears: list[str]) -> Iterator[Exchange]:
        """Exchanges in the order of the files."""
        decoder = msgspec.json.Decoder(Exchange)
        for segment in self._segments():
            strange = 0
            for line in read_segment(segment, tears.append):
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError:
                    strange += 1
            if strange:
                tears.append(f"{segment.name} holds {strange} lines that are not exchanges: they are left out")

    def _segments(self) -> list[Path]:
        return sorted(self.path.glob("exchanges-*.jsonl.zst"))

    def _missing(self, stored: int) -> Iterator[str]:
        """What the manifest knows of and the segments do not hold."""
        names = {segment.name for segment in self._segments()}
        last = max((int(name.split("-")[1].split(".")[0]) for name in names), default=0)
        for number in range(1, last + 1):
            if (name := f"exchanges-{number:05}.jsonl.zst") not in names:
                yield f"{name} is missing"
        counts = self.manifest.counts
        if not self.manifest.closed:
            yield (
                f"the recorder was killed: its manifest last counted {counts.stored} stored, {stored} could be read; "
                "what came in its last second, and what was dropped since, is not known"
            )
        elif stored != counts.stored:
            yield f"{counts.stored} exchanges were stored, {stored} could be read"
