"""The manifest of a recording: what it is, where from, how redacted, and what became of every exchange seen."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from foreshock.replacing import replace_file
from recorder.policy import Redaction
from recorder.tally import Tally

FORMAT = "foreshock-recording"
VERSION = 2
FILE_NAME = "manifest.json"
END_UNKNOWN = "it was made of a recording whose recorder did not end it: what came in its last second is not known"

# version -> what makes its manifest the next version's; walked until current
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda old: {**old, "version": 2},  # 2: messages of sockets in segments of their own; before, in their exchange
}


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges. In a closed recording seen = stored + sampled out + excluded + dropped + rotated out."""

    seen: int = 0
    stored: int = 0  # on disk, and still there
    sampled_out: int = 0
    excluded: int = 0  # by the filters
    dropped: dict[str, int] = msgspec.field(default_factory=dict)  # by reason
    rotated_out: int = 0  # were stored, in segments that made room for newer ones
    bodies_withheld: int = 0  # of stored exchanges: they could not be decoded, so not be redacted

    @property
    def unaccounted(self) -> int:
        return (
            self.seen - self.stored - self.sampled_out - self.excluded - self.rotated_out - sum(self.dropped.values())
        )

    def plus(self, other: "Counts") -> "Counts":
        return Counts(
            seen=self.seen + other.seen,
            stored=self.stored + other.stored,
            sampled_out=self.sampled_out + other.sampled_out,
            excluded=self.excluded + other.excluded,
            dropped=dict(Counter(self.dropped) + Counter(other.dropped)),
            rotated_out=self.rotated_out + other.rotated_out,
            bodies_withheld=self.bodies_withheld + other.bodies_withheld,
        )

    def __str__(self) -> str:
        parts = [f"{self.seen} seen", f"{self.stored} stored"]
        if self.sampled_out:
            parts.append(f"{self.sampled_out} sampled out")
        if self.excluded:
            parts.append(f"{self.excluded} excluded")
        if self.rotated_out:
            parts.append(f"{self.rotated_out} rotated out")
        parts += [f"{count} dropped ({reason})" for reason, count in sorted(self.dropped.items())]
        if self.bodies_withheld:
            parts.append(f"{self.bodies_withheld} bodies withheld (not decodable)")
        return ", ".join(parts)


class SegmentFacts(msgspec.Struct, frozen=True):
    """What a segment held when the manifest was written: after a kill it may hold a little more."""

    name: str
    lines: int
    bytes: int  # of the file
    sha256: str  # of these bytes


class SignalCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Log lines and points of metrics from beside the traffic."""

    stored: int = 0  # on disk, and still there
    rotated_out: int = 0
    lost: dict[str, int] = msgspec.field(default_factory=dict)  # by reason

    def plus(self, other: "SignalCounts") -> "SignalCounts":
        return SignalCounts(
            stored=self.stored + other.stored,
            rotated_out=self.rotated_out + other.rotated_out,
            lost=dict(Counter(self.lost) + Counter(other.lost)),
        )


class MessageCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of sockets and event streams, what came after they had opened: each message, and one end each.

    In a closed recording seen = stored + left out + of what is not kept + dropped + rotated out.
    """

    seen: int = 0
    stored: int = 0  # on disk, and still there
    left_out: int = 0  # came after the bound on what one socket says
    of_unkept: int = 0  # of sockets that are excluded, sampled out or dropped
    rotated_out: int = 0
    dropped: dict[str, int] = msgspec.field(default_factory=dict)  # by reason

    @property
    def unaccounted(self) -> int:
        return self.seen - self.stored - self.left_out - self.of_unkept - self.rotated_out - sum(self.dropped.values())

    def plus(self, other: "MessageCounts") -> "MessageCounts":
        return MessageCounts(
            seen=self.seen + other.seen,
            stored=self.stored + other.stored,
            left_out=self.left_out + other.left_out,
            of_unkept=self.of_unkept + other.of_unkept,
            rotated_out=self.rotated_out + other.rotated_out,
            dropped=dict(Counter(self.dropped) + Counter(other.dropped)),
        )

    def __str__(self) -> str:
        parts = [f"{self.seen} seen", f"{self.stored} stored"]
        told = {"left out": self.left_out, "of what is not kept": self.of_unkept, "rotated out": self.rotated_out}
        parts += [f"{count} {what}" for what, count in told.items() if count]
        parts += [f"{count} dropped ({reason})" for reason, count in sorted(self.dropped.items())]
        return ", ".join(parts)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`closed` says that the recorder ended it; else the counts are those of its last sign of life."""

    format: str = FORMAT
    version: int = VERSION
    tools: dict[str, str] = msgspec.field(default_factory=dict)  # name -> version
    upstream: str
    anchor: Anchor  # the zero of every time in the recording
    redaction: Redaction = Redaction()
    session_rule: str = ""
    recorder: str = ""  # its id among several
    sealed: str = ""  # fingerprint of the key that its segments are encrypted with
    keeping: dict[str, str] = msgspec.field(default_factory=dict)  # what was asked to be kept, where not everything
    segments: tuple[SegmentFacts, ...] | None = None  # that are there; None: of before they were listed
    counts: Counts = Counts()
    signals: SignalCounts = SignalCounts()
    messages: MessageCounts = MessageCounts()
    hosts: Tally = Tally()  # that exchanges were stored of: which their Host named, and which they went to
    passed: dict[str, Tally] = msgspec.field(default_factory=dict)  # connections not recorded, by what they were
    closed: bool = False
    end_unknown: bool = False  # made of a recording whose recorder was killed: `closed` says nothing of that one's end

    @property
    def systems(self) -> str:
        """URLs, with a blank between, of everybody whose traffic this is: what must be no target of a replay."""
        urls = (f"http://[{host}]" if ":" in host else f"http://{host}" for host in self.hosts.by_host)
        return " ".join([self.upstream, *urls])


def read_manifest(folder: Path) -> Manifest:
    """The manifest of `folder`. UsageError where there is none, or none that this version reads."""
    path = folder / FILE_NAME
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(_no_manifest(folder)) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path} is not JSON ({error}); restore it or record again") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(f"{folder} is not a recording: {FILE_NAME} does not say format={FORMAT!r}")
    try:
        return msgspec.convert(migrated(content, str(path)), Manifest)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}; restore it or record again") from None


def _no_manifest(folder: Path) -> str:
    if not folder.exists():
        return f"recording {folder} does not exist; make it with: foreshock record --upstream URL -o {folder}"
    if not folder.is_dir():
        return f"recording {folder} is a file; a recording is a folder NAME.rec, made by: foreshock record"
    if any(folder.glob("*.jsonl.zst")) or any(folder.glob("*/*.jsonl.zst")):
        return f"recording {folder} has lost its {FILE_NAME}; restore the file or record again"
    return f"{folder} is not a recording: it holds no {FILE_NAME}; make one with: foreshock record"


def migrated(
    content: dict[str, Any],
    where: str,
    migrations: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = MIGRATIONS,
    current: int = VERSION,
) -> dict[str, Any]:
    """The manifest as the current version has it. UsageError for a version that no step leads on from."""
    while (version := content.get("version")) != current:
        step = migrations.get(version) if isinstance(version, int) else None
        if step is None:
            raise UsageError(
                f"{where}: version={version!r}, this Foreshock reads 1 to {current}; "
                "read it with the Foreshock that wrote it, or a newer one"
            )
        content = step(content)
    return content


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest in one move."""
    replace_file(folder / FILE_NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
