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
from recorder.exchange import Exchange, header
from recorder.following import Following
from recorder.listen.signal import Signal
from recorder.manifest import Counts, Manifest, MessageCounts, SignalCounts, write_manifest
from recorder.newfolder import new_folder, own_part
from recorder.policy import Redaction
from recorder.ring import Rotation
from recorder.rings import Rings
from recorder.sealed import seal_fingerprint
from recorder.sealing import Sealer
from recorder.sessionlink import SessionLink
from recorder.tally import Tally, Tallying, host_name

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
        self.folder = own_part(folder, recorder) if recorder else new_folder(folder)
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
        self._rings = Rings(self.folder, rotation, clock, seals=seals)
        self._dropped: Counter[str] = Counter()
        self._messages_dropped: Counter[str] = Counter()
        self._signals_lost: Counter[str] = Counter()
        self._counted_lost = self._counted_messages = self._counted_signals = 0  # of what the disk refused
        self._sampled_out = self._excluded = self._bodies_withheld = 0
        self._left_out = self._of_unkept = 0  # messages
        self._hosts = Tallying()
        self._passed: dict[str, Tallying] = {}
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
        taken = self._rings.exchanges.taken - self._rings.exchanges.lost
        return Counts(
            seen=taken + self._sampled_out + self._excluded + sum(dropped.values()),
            stored=self._rings.exchanges.stored,
            sampled_out=self._sampled_out,
            excluded=self._excluded,
            dropped=dropped,
            rotated_out=self._rings.exchanges.rotated_out,
            bodies_withheld=self._bodies_withheld,
        )

    @property
    def messages(self) -> MessageCounts:
        """As with exchanges, what waits for its flush is seen."""
        dropped = dict(self._messages_dropped)
        taken = self._rings.messages.taken - self._rings.messages.lost
        return MessageCounts(
            seen=taken + self._left_out + self._of_unkept + sum(dropped.values()),
            stored=self._rings.messages.stored,
            left_out=self._left_out,
            of_unkept=self._of_unkept,
            rotated_out=self._rings.messages.rotated_out,
            dropped=dropped,
        )

    @property
    def passed(self) -> Mapping[str, Tally]:
        """Connections that went through unrecorded, by what they were."""
        return {what: tallying.tally for what, tallying in self._passed.items()}

    @property
    def signals(self) -> SignalCounts:
        return SignalCounts(
            stored=self._rings.signals.stored,
            rotated_out=self._rings.signals.rotated_out,
            lost=dict(self._signals_lost),
        )

    def write(self, exchange: Exchange, *, bodies_withheld: int = 0, host: str = "") -> None:
        """Stores one exchange: on disk at the latest with the next second's `tick()`. `host` is where it went to."""
        line = self._encoder.encode(exchange)
        self._bodies_withheld += bodies_withheld
        self._note_hosts(header(exchange.request.headers, "host") or "", host)
        self._rings.exchanges.write(line)

    def follow(self, line: Following, *, bodies_withheld: int = 0) -> None:
        """Stores what came after its exchange was written."""
        encoded = self._encoder.encode(line)
        self._bodies_withheld += bodies_withheld
        self._rings.messages.write(encoded)

    def leave_out_messages(self, count: int) -> None:
        self._left_out += count

    def drop_messages(self, reason: str, count: int = 1) -> None:
        """Accounts for messages that were seen and are not kept."""
        self._messages_dropped[reason] += count

    def pass_over_message(self) -> None:
        """Accounts for one of an exchange that is not kept itself."""
        self._of_unkept += 1

    def withhold(self, count: int) -> None:
        """Accounts for bodies that the recording before withheld already."""
        self._bodies_withheld += count

    def leave_end_unknown(self) -> None:
        """Says that the recording before was not ended by its recorder: this one is no more whole than that."""
        self._manifest = msgspec.structs.replace(self._manifest, end_unknown=True)

    def note_hosts(self, tally: Tally) -> None:
        """Counts the hosts of a recording that is made anew, as far as its exchanges did not say them."""
        known = self._hosts.tally.by_host
        for host, count in tally.by_host.items():
            if count > known.get(host, 0):
                self._hosts.add(host, count - known.get(host, 0))

    def pass_by(self, what: str, host: str, count: int = 1) -> None:
        """Accounts for connections that went through unrecorded."""
        if count:
            self._passed.setdefault(what, Tallying()).add(host_name(host), count)

    def drop(self, reason: str, count: int = 1) -> None:
        """Accounts for exchanges that were seen and are not kept."""
        self._dropped[reason] += count

    def sample_out(self) -> None:
        self._sampled_out += 1

    def exclude(self) -> None:
        self._excluded += 1

    def hear(self, signal: Signal) -> None:
        """Stores a signal; the owner has redacted it."""
        self._rings.signals.write(self._encoder.encode(signal))

    def lose_signals(self, reason: str, count: int) -> None:
        self._signals_lost[reason] += count

    def link(self, link: SessionLink) -> None:
        """Stores what a session is also known by, for it to be the same session at other recorders."""
        self._rings.links.write(self._encoder.encode(link))

    def lose(self, reason: str) -> None:
        """After an OSError: what was taken and the disk refused is dropped for this reason."""
        exchanges = self._rings.exchanges.lost - self._counted_lost
        messages = self._rings.messages.lost - self._counted_messages
        signals = self._rings.signals.lost - self._counted_signals
        self._counted_lost += exchanges
        self._counted_messages += messages
        self._counted_signals += signals
        self._dropped += Counter({reason: exchanges})
        self._messages_dropped += Counter({reason: messages})
        self._signals_lost += Counter({reason: signals})

    def tick(self) -> None:
        """Flushes what has waited for a second, rotates, and writes the counts as they are."""
        self._rings.tick()
        leaving = self._rings.let_go()
        if leaving or self._clock() - self._told_s >= _TELL_S:
            self._told_s = self._clock()
            if leaving or self._told() != self._manifest:
                self._tell(closed=False)
            self._rings.remove()

    def close(self) -> Counts:
        """Ends the recording; what it holds in the end. A second time does nothing more."""
        if not self._manifest.closed:
            self._rings.close()
            self._rings.let_go()
            self._tell(closed=True)
            self._rings.remove()
        return self._manifest.counts

    def _note_hosts(self, *names: str) -> None:
        for host in {host_name(name) for name in names if name}:
            self._hosts.add(host)

    def _told(self) -> Manifest:
        """The manifest as it would be now."""
        return msgspec.structs.replace(
            self._manifest,
            counts=self.counts,
            signals=self.signals,
            messages=self.messages,
            hosts=self._hosts.tally,
            passed=dict(self.passed),
            segments=tuple(self._rings.facts),
        )

    def _tell(self, *, closed: bool) -> None:
        self._rings.flush()  # first: a manifest never counts more than the segments hold
        self._manifest = msgspec.structs.replace(self._told(), closed=closed)
        write_manifest(self.folder, self._manifest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
