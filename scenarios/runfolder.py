"""The run folder `runs/<UTC time>-<name>/`: everything that is ever reported about a run, written while it runs.

`RunFolder` writes, `Run` reads. Streams end a checksummed frame at the latest every second, so that a run that was
interrupted, or killed, leaves a folder that reads up to the tear. No body and no header of an answer is kept: times,
statuses and sizes are what the report needs, and nothing unredacted may reach a disk (law 9).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from foreshock.clock import Clock
from foreshock.errors import HarnessError, UsageError
from foreshock.replacing import replace_file
from foreshock.segment import SegmentWriter, read_segment
from recorder.listen.signal import Signal
from replayer.outcome import History, Outcome
from scenarios.finding import CheckResult, Finding
from scenarios.findings import read_findings
from scenarios.runlines import (
    CallLine,
    FaultLine,
    Redact,
    Seen,
    SignalLine,
    call_lines,
    fault_lines,
    seen_of,
    signal_line,
)
from scenarios.runrecord import RunRecord

RECORD = "run.json"
OUTCOMES = "outcomes.jsonl.zst"
FAULTS = "faults.jsonl"
SIGNALS = "signals.jsonl.zst"
CALLS = "calls.jsonl.zst"
FINDINGS = "findings"
SEEN_ONCE = "seen-once"  # what an oracle saw and what is not proven

_LABELS = 10_000

T = TypeVar("T")


class RunFolder:
    """Writes one run's folder; `path` is where. Close it (or leave the `with`) to end the streams."""

    def __init__(self, path: Path, *, clock: Clock, redact: Redact) -> None:
        self.path = path
        self._redact = redact
        self._redact_label = lru_cache(_LABELS)(redact)  # of signals, which say the same again and again
        self._outcomes = SegmentWriter(path / OUTCOMES, clock=clock)
        self._signals = SegmentWriter(path / SIGNALS, clock=clock)
        self._calls = SegmentWriter(path / CALLS, clock=clock)
        self._faults = (path / FAULTS).open("ab", buffering=0)

    @classmethod
    def create(
        cls,
        root: Path,
        name: str,
        now: datetime,
        *,
        clock: Clock = time.monotonic,
        redact: Redact = lambda text: text,
    ) -> Self:
        """A new folder under `root`, for the user's eyes only; a second run in the same second gets a suffix.

        `redact` is given every free text that is not ours (what checks saw, why a step was not sent).
        Raises HarnessError where the folder cannot be made.
        """
        path = _new_folder(root, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{_slug(name)}")
        (path / FINDINGS).mkdir(mode=0o700)
        return cls(path, clock=clock, redact=redact)

    def write_record(self, record: RunRecord) -> None:
        """Replaces `run.json` in one move: write it as interrupted when the run starts, again when its end is known."""
        phases = tuple(msgspec.structs.replace(phase, checks=self._checks(phase.checks)) for phase in record.phases)
        whole = msgspec.structs.replace(record, phases=phases)
        replace_file(self.path / RECORD, msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")

    def write_history(self, phase: str, history: History, *, origin_s: float, execution: int = 0) -> None:
        """The outcomes, fault events, receipts and calls of one replay; `origin_s` is its zero on the run's clock."""
        for outcome in history.outcomes:
            self._outcomes.write(_line(seen_of(phase, outcome, origin_s, execution, self._redact)))
        for fault in fault_lines(phase, history, origin_s, execution, self._redact):
            self._faults.write(_line(fault) + b"\n")
        for call in call_lines(phase, history, origin_s, execution, self._redact):
            self._calls.write(_line(call))

    def write_outcome(self, phase: str, outcome: Outcome, *, origin_s: float) -> None:
        """One outcome as it ends, of a replay that is too long to be held."""
        self._outcomes.write(_line(seen_of(phase, outcome, origin_s, 0, self._redact)))

    def write_signals(self, phase: str, signals: Iterable[Signal]) -> None:
        """Samples, log templates and spans, on the run's clock."""
        for signal in signals:
            self._signals.write(_line(signal_line(phase, signal, self._redact_label)))

    def close(self) -> None:
        self._outcomes.close()
        self._signals.close()
        self._calls.close()
        self._faults.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _checks(self, results: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
        return tuple(
            msgspec.structs.replace(
                result, message=self._redact(result.message), observed=_redacted(result.observed, self._redact)
            )
            for result in results
        )


class Run:
    """A run folder, read. `tears` says, once the streams were read, what of them was lost."""

    def __init__(self, path: Path, record: RunRecord, findings: tuple[Finding, ...]) -> None:
        self.path = path
        self.record = record
        self.findings = findings  # worst first, as the record lists them; those it does not list follow, by key
        self.tears: list[str] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises UsageError where `path` is not a run folder, or its `run.json` does not read."""
        try:
            record = msgspec.json.decode((path / RECORD).read_bytes(), type=RunRecord)
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(f"{path}: no {RECORD} here; expected a folder that `foreshock run` made") from None
        except (msgspec.DecodeError, OSError) as error:
            raise UsageError(f"{path / RECORD}: cannot be read: {error}") from None
        place = {key: index for index, key in enumerate(record.findings)}
        findings = sorted(read_findings(path / FINDINGS), key=lambda found: place.get(found.key, len(place)))
        return cls(path, record, tuple(findings))

    def outcomes(self) -> Iterator[Seen]:
        """In the order they were written: phase by phase, within a replay as they ended."""
        return self._decoded(self._segment(OUTCOMES), Seen, OUTCOMES)

    def signals(self) -> Iterator[SignalLine]:
        return self._decoded(self._segment(SIGNALS), SignalLine, SIGNALS)

    def calls(self) -> Iterator[CallLine]:
        return self._decoded(self._segment(CALLS), CallLine, CALLS)

    def faults(self) -> Iterator[FaultLine]:
        """Events and receipts; a last line that a killed run left half-written is said in `tears`."""
        path = self.path / FAULTS
        lines = path.read_bytes().splitlines() if path.exists() else []
        return self._decoded(iter(lines), FaultLine, FAULTS)

    @property
    def seen_once(self) -> tuple[Finding, ...]:
        """What an oracle saw and what is not proven, by key."""
        return read_findings(self.path / SEEN_ONCE)

    def finding_file(self, key: str) -> Path:
        return self.path / FINDINGS / f"{key}.yaml"

    def _segment(self, name: str) -> Iterator[bytes]:
        path = self.path / name
        return read_segment(path, self.tears.append) if path.exists() else iter(())

    def _decoded(self, lines: Iterator[bytes], kind: type[T], name: str) -> Iterator[T]:
        decoder = msgspec.json.Decoder(kind)
        for number, line in enumerate(lines, start=1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                self.tears.append(f"{name}:{number}: not read: {error}")


def _new_folder(root: Path, name: str) -> Path:
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        path = root / (name + suffix)
        try:
            root.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise HarnessError(f"{path}: the run folder cannot be made: {error.strerror}") from None
        return path
    raise HarnessError(f"{root / name}: a hundred runs within a second; the run folder cannot be made")


def _slug(name: str) -> str:
    """A file name of a scenario's name: 'Shop, at night' is 'shop-at-night'."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "run"


def _redacted(value: Any, redact: Redact) -> Any:
    """`value` with `redact` over every text in it, keys apart (they are field and column names)."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redact) for item in value]
    return value


def _line(struct: msgspec.Struct) -> bytes:
    return msgspec.json.encode(struct)
