"""`foreshock verify`: proves that a recording accounts for every exchange seen, and finds what is torn or altered.

Seen = stored + sampled out + excluded + dropped + rotated out, as the manifest says; stored is what can be read. The
same holds for the messages of sockets, each of which has a number on its socket, and an end behind the last. Frames
carry checksums, which tell accidents; the manifest's SHA-256 of each segment tells a hand that wrote them anew.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from foreshock.frames import Frame
from recorder.exchange import Exchange
from recorder.following import Following
from recorder.idledger import IdLedger
from recorder.losses import unrecorded
from recorder.manifest import END_UNKNOWN, Counts, Manifest, SegmentFacts
from recorder.messageledger import MessageLedger
from recorder.onesession import OneSession
from recorder.part import Part, parts_of
from recorder.ring import KINDS, Kind
from recorder.sealed import segment_frames

_BLOCK_BYTES = 1 << 20


class PartProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one recorder's part. `troubles` are sentences; there are none where it is whole."""

    manifest: Manifest
    stored: int  # exchanges that could be read
    segments: int
    frames: int  # good ones
    troubles: tuple[str, ...]

    @property
    def recorder(self) -> str:
        """'' of a single one."""
        return self.manifest.recorder

    @property
    def counts(self) -> Counts:
        """As its manifest says."""
        return self.manifest.counts

    @property
    def account(self) -> Iterator[str]:
        """What its manifest says became of everything."""
        yield str(self.counts)
        if self.manifest.messages.seen:
            yield f"messages of sockets and streams: {self.manifest.messages}"
        yield from unrecorded(self.manifest.passed)


class Proof(msgspec.Struct, frozen=True):
    path: Path
    parts: tuple[PartProof, ...]
    troubles: tuple[str, ...]  # of the parts together

    @property
    def is_whole(self) -> bool:
        return not self.troubles and not any(part.troubles for part in self.parts)

    @property
    def lines(self) -> Iterator[str]:
        """For a person: the account of each part and what is wrong with it, and the verdict last."""
        for part in self.parts:
            counts, *beside = part.account
            yield f"{self.path / part.recorder}: {counts}"
            yield from (f"  {line}" for line in beside)
            yield from (f"  {trouble}" for trouble in part.troubles)
        yield from self.troubles
        if self.is_whole:
            segments, count = sum(part.segments for part in self.parts), sum(part.frames for part in self.parts)
            yield (
                f"whole: every exchange seen is accounted for; {segments} segments, {count} frames, "
                "none torn or altered"
            )
        else:
            yield "NOT whole: see above for what is lost"


def verify(path: Path) -> Proof:
    """Reads all of it. UsageError where there is no recording."""
    parts = parts_of(path)
    troubles = []
    if len(parts) > 1:
        halves = OneSession(part.links(lambda _: None) for part in parts).halves
        if halves:
            troubles.append(f"{len(halves)} sessions were kept by one recorder and sampled out by another")
    return Proof(path, tuple(_PartProver(part).prove() for part in parts), tuple(troubles))


class _PartProver:
    def __init__(self, part: Part) -> None:
        self._part = part
        self._facts = {facts.name: facts for facts in part.manifest.segments or ()}
        self._troubles: list[str] = []
        self._ids = IdLedger()
        self._messages = MessageLedger()
        self._decode = msgspec.json.Decoder(Exchange).decode
        self._decode_message = msgspec.json.Decoder(Following).decode
        self._stored = self._segments = self._frames = 0

    def prove(self) -> PartProof:
        for kind in KINDS:
            self._troubles += [f"{name} is missing" for name in self._part.missing(kind)]
            for segment in self._part.segments(kind):
                self._segment(segment, kind)
        self._account()
        return PartProof(
            manifest=self._part.manifest,
            stored=self._stored,
            segments=self._segments,
            frames=self._frames,
            troubles=tuple(self._troubles),
        )

    def _segment(self, path: Path, kind: Kind) -> None:
        self._segments += 1
        is_torn, strange = False, 0
        for frame in segment_frames(path, self._part.encrypt_key):
            if frame.content is None:
                is_torn = True
                self._troubles.append(_torn(path, frame))
                continue
            self._frames += 1
            if kind == "exchanges":
                strange += _strange(frame.content, self._exchange)
            elif kind == "messages":
                strange += _strange(frame.content, self._message)
        if strange:
            self._troubles.append(f"{path.name} holds {strange} lines that are not {kind}")
        facts = self._facts.get(path.name)
        if facts is not None and not is_torn:
            self._troubles += _altered(path, facts, is_ended=self._part.manifest.closed)
        elif facts is None and self._part.manifest.segments is not None and self._part.manifest.closed:
            self._troubles.append(f"{path.name} is not in the manifest: its recorder did not write it")

    def _exchange(self, line: bytes) -> None:
        exchange = self._decode(line)
        self._stored += 1
        self._ids.add(exchange.id)
        if exchange.goes_on:
            self._messages.open(exchange.id)

    def _message(self, line: bytes) -> None:
        self._messages.add(self._decode_message(line))

    def _account(self) -> None:
        manifest = self._part.manifest
        counts, stored = manifest.counts, self._stored
        if self._ids.repeats:
            self._troubles.append(self._ids.repeats)
        if not manifest.closed:
            self._troubles.append(
                f"its recorder did not end it (killed, or still at work): {stored} exchanges can be read, its last "
                f"sign of life counted {counts.stored}; what came in the second after that is not known"
            )
        elif manifest.end_unknown:
            self._troubles.append(END_UNKNOWN)
        if manifest.closed and counts.unaccounted:
            self._troubles.append(f"of {counts.seen} exchanges seen, {counts.unaccounted} are not accounted for")
        if stored < counts.stored or (manifest.closed and stored != counts.stored):
            self._troubles.append(f"{counts.stored} exchanges were stored, {stored} can be read")
        known = counts.seen - counts.stored
        if manifest.closed and stored == counts.stored and self._ids.missing > known:
            self._troubles.append(f"{self._ids.missing} ids are missing, of which the counts explain {known}")
        self._troubles += self._messages.troubles(manifest.messages, closed=manifest.closed, exchanges_lost=known)


def _strange(content: bytes, take: Callable[[bytes], None]) -> int:
    """Gives `take` the lines of a frame; how many it could not decode."""
    strange = 0
    for line in content.splitlines():
        try:
            take(line)
        except ValueError:  # no JSON, JSON of something else, or no UTF-8
            strange += 1
    return strange


def _torn(path: Path, frame: Frame) -> str:
    return f"{path.name}: the frame at byte {frame.at} {frame.trouble}: {frame.size} bytes are lost"


def _altered(path: Path, facts: SegmentFacts, *, is_ended: bool) -> Iterator[str]:
    """What the bytes are not that were written. Behind a kill there may be more than the manifest has heard of."""
    size = path.stat().st_size
    if size < facts.bytes:
        yield f"{path.name} was cut: {size} of its {facts.bytes} bytes are there"
    elif _sha256(path, facts.bytes) != facts.sha256:
        yield f"{path.name} was altered: its frames are whole, and not the ones that were written"
    elif is_ended and size > facts.bytes:
        yield f"{path.name} was altered: {size - facts.bytes} bytes were added at its end"


def _sha256(path: Path, count: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while count and (block := os.read(file.fileno(), min(count, _BLOCK_BYTES))):
            digest.update(block)
            count -= len(block)
    return digest.hexdigest()
