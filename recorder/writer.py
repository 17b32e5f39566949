"""Writing a recording: `NAME.rec/`, or a recorder's own folder in one that several record into.

Belongs to one thread. Its owner says what it saw and what became of it, and calls `tick()` at least every second, for
segments and manifest to follow.
"""

import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

from foreshock import __version__
from foreshock.clock import Anchor, Clock
from foreshock.errors import UsageError
from recorder.exchange import Exchange
from recorder.listen.signal import LogLine, Sample
from recorder.manifest import Counts, Manifest, SignalCounts, write_manifest
from recorder.policy import Redaction
from recorder.ring import Ring, Rotation
from recorder.sealed import seal_fingerprint
from recorder.sealing import Sealer
from recorder.sessionlink import SessionLink

_SIGNALS_SHARE = 8  # signals get an eighth of what is kept
_TELL_S = 1.0


class RecordingWriter:
    """Writes a new recording. UsageError if the folder is already there, or cannot be made.

    With the id of a `recorder` it is one of several: `folder` may be there, and its own part of it is made inside.
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
        recorder: str = "",
        rotation: Rotation = Rotation(),  # noqa: B008 (frozen)
        keeping: Mapping[str, str] | None = None,
        encrypt_key: bytes | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.folder = _own_part(folder, recorder) if recorder else _made(folder)
        self._manifest = Manifest(
            tools={"foreshock": __version__, "zstandard": version("zstandard"), **(tools or {})},
            upstream=upstream,
            anchor=anchor or Anchor.now(),
            redaction=redaction,
            session_rule=session_rule,
            recorder=self.folder.name if recorder else "",
            sealed=seal_fingerprint(encrypt_key) if encrypt_key else "",
            keeping={**rotation.said, **(keeping or {})},
        )
        self._clock = clock
        self._encoder = msgspec.json.Encoder()
        seals = partial(Sealer, encrypt_key) if encrypt_key else None
        self._exchanges = Ring(self.folder, "exchanges", rotation, clock, seals=seals)
        self._signals = Ring(self.folder, "signals", _share(rotation), clock, seals=seals)
        links = Rotation(segment_bytes=rotation.segment_bytes)
        self._links = Ring(self.folder, "sessions", links, clock, seals=seals)
        self._dropped: Counter[str] = Counter()
        self._signals_lost: Counter[str] = Counter()
        self._counted_lost = self._counted_signals = 0  # of what the disk refused
        self._sampled_out = self._excluded = self._bodies_withheld = 0
        self._told_s = clock()
        write_manifest(self.folder, self._manifest)

    @property
    def anchor(self) -> Anchor:
        return self._manifest.anchor

    @property
    def recorder(self) -> str:
        """Its id among several; '' for the only one."""
        return self._manifest.recorder

    @property
    def counts(self) -> Counts:
        """Stored is what is on disk; what was taken and waits for its flush is seen, and not yet accounted for."""
        dropped = dict(self._dropped)
        taken = self._exchanges.taken - self._exchanges.lost
        return Counts(
            seen=taken + self._sampled_out + self._excluded + sum(dropped.values()),
            stored=self._exchanges.stored,
            sampled_out=self._sampled_out,
            excluded=self._excluded,
            dropped=dropped,
            rotated_out=self._exchanges.rotated_out,
            bodies_withheld=self._bodies_withheld,
        )

    @property
    def signals(self) -> SignalCounts:
        return SignalCounts(
            stored=self._signals.stored, rotated_out=self._signals.rotated_out, lost=dict(self._signals_lost)
        )

    def write(self, exchange: Exchange, *, bodies_withheld: int = 0) -> None:
        """Stores one exchange: on disk at the latest with the next second's `tick()`."""
        line = self._encoder.encode(exchange)
        self._bodies_withheld += bodies_withheld
        self._exchanges.write(line)

    def drop(self, reason: str, count: int = 1) -> None:
        """Accounts for exchanges that were seen and are not kept."""
        self._dropped[reason] += count

    def sample_out(self) -> None:
        self._sampled_out += 1

    def exclude(self) -> None:
        self._excluded += 1

    def hear(self, signal: Sample | LogLine) -> None:
        """Stores a signal; the owner has redacted it."""
        self._signals.write(self._encoder.encode(signal))

    def lose_signals(self, reason: str, count: int) -> None:
        self._signals_lost[reason] += count

    def link(self, link: SessionLink) -> None:
        """Stores what a session is also known by, for it to be the same session at other recorders."""
        self._links.write(self._encoder.encode(link))

    def lose(self, reason: str) -> None:
        """After an OSError: what was taken and the disk refused is dropped for this reason."""
        exchanges, signals = self._exchanges.lost - self._counted_lost, self._signals.lost - self._counted_signals
        self._counted_lost += exchanges
        self._counted_signals += signals
        self._dropped += Counter({reason: exchanges})
        self._signals_lost += Counter({reason: signals})

    def tick(self) -> None:
        """Flushes what has waited for a second, rotates, and writes the counts as they are."""
        for ring in self._rings:
            ring.tick()
        leaving = sum(ring.let_go() for ring in self._rings)  # of each: any() would stop at the first
        if leaving or self._clock() - self._told_s >= _TELL_S:
            self._told_s = self._clock()
            if leaving or (self.counts, self.signals) != (self._manifest.counts, self._manifest.signals):
                self._tell(closed=False)
            for ring in self._rings:
                ring.remove()

    def close(self) -> Counts:
        """Ends the recording; what it holds in the end. A second time does nothing more."""
        if not self._manifest.closed:
            for ring in self._rings:
                ring.close()
                ring.let_go()
            self._tell(closed=True)
            for ring in self._rings:
                ring.remove()
        return self._manifest.counts

    @property
    def _rings(self) -> tuple[Ring, ...]:
        return self._exchanges, self._signals, self._links

    def _tell(self, *, closed: bool) -> None:
        for ring in self._rings:  # first: a manifest never counts more than the segments hold
            ring.flush()
        self._manifest = msgspec.structs.replace(
            self._manifest,
            counts=self.counts,
            signals=self.signals,
            segments=tuple(facts for ring in self._rings for facts in ring.facts),
            closed=closed,
        )
        write_manifest(self.folder, self._manifest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _share(rotation: Rotation) -> Rotation:
    kept = rotation.keep_bytes
    return msgspec.structs.replace(rotation, keep_bytes=None if kept is None else kept // _SIGNALS_SHARE)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise UsageError(f"out={folder} is already there and is not written over; name another or remove it") from None
    except OSError as error:
        raise UsageError(f"out={folder} cannot be made: {error.strerror}; name a folder you may write") from None
    return folder


def _own_part(folder: Path, recorder: str) -> Path:
    """A folder of its own: 'web-1', or 'web-1.2' where 'web-1' has recorded before. Making it is the lock: mkdir gives
    a name to one alone, over network file systems too, and a recorder that was killed keeps what it has made."""
    if not recorder.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"recorder={recorder!r}: expected letters, digits, '-' and '_', such as web-1")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, 10_000):
            part = folder / (recorder if number == 1 else f"{recorder}.{number}")
            try:
                part.mkdir(mode=0o700)
                return part
            except FileExistsError:
                continue
    except OSError as error:
        raise UsageError(
            f"out={folder} cannot be recorded into: {error.strerror}; name a folder you may write"
        ) from None
    raise UsageError(f"recorder={recorder} has recorded into {folder} 9,999 times; name another")
