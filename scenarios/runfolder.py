"""The run folder `runs/<UTC time>-<name>/`: everything that is ever reported about a run, written while it runs.

`RunFolder` writes, `Run` reads. Streams end a checksummed frame at the latest every second, so that a run that was
interrupted, or killed, leaves a folder that reads up to the tear. No body and no header of an answer is kept: times,
statuses and sizes are what the report needs, and nothing unredacted may reach a disk (law 9).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from faults.fault import FaultEvent, Receipt
from foreshock.clock import Clock
from foreshock.errors import HarnessError, UsageError
from foreshock.replacing import replace_file
from foreshock.segment import SegmentWriter, read_segment
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Fate, History, Outcome
from scenarios.finding import CheckResult, Finding
from scenarios.findings import read_findings
from scenarios.runrecord import RunRecord

RECORD = "run.json"
OUTCOMES = "outcomes.jsonl.zst"
FAULTS = "faults.jsonl"
SIGNALS = "signals.jsonl.zst"
FINDINGS = "findings"

Redact = Callable[[str], str]
T = TypeVar("T")


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An outcome without its answer's words. Times are seconds on the run's clock; `execution` counts in its phase."""

    phase: str
    execution: int = 0
    step: str
    session: str
    route: str
    due_s: float
    sent_s: float | None = None
    ended_s: float | None = None
    attempts: int = 0
    status: int | None = None
    answer_bytes: int = 0
    error: str | None = None  # the last attempt's, its kind only: 'timeout', 'garbage'
    fate: Fate | None = None
    not_sent: str | None = None
    recorded_status: int | None = None

    @property
    def broke(self) -> bool:
        """A user would have seen a failure: no whole answer, a 5xx, or a refusal that production did not give."""
        return self.fate == "unknown" or (self.fate == "failed" and self.status != self.recorded_status)


class FaultLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `faults.jsonl`: an event (its `t_s` on the run's clock), or a receipt."""

    phase: str
    execution: int = 0
    event: FaultEvent | None = None
    receipt: Receipt | None = None


class SignalLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `signals.jsonl.zst`: a metric's sample, or a log line's template."""

    phase: str
    sample: Sample | None = None
    log: LogLine | None = None


class RunFolder:
    """Writes one run's folder; `path` is where. Close it (or leave the `with`) to end the streams."""

    def __init__(self, path: Path, *, clock: Clock, redact: Redact) -> None:
        self.path = path
        self._redact = redact
        self._outcomes = SegmentWriter(path / OUTCOMES, clock=clock)
        self._signals = SegmentWriter(path / SIGNALS, clock=clock)
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
        """The outcomes, fault events and receipts of one replay; `origin_s` is its zero on the run's clock."""
        for outcome in history.outcomes:
            self._outcomes.write(_line(self._seen(phase, outcome, origin_s, execution)))
        for event in history.fault_events:
            shifted = msgspec.structs.replace(event, t_s=event.t_s + origin_s, detail=self._redact(event.detail))
            self._faults.write(_line(FaultLine(phase=phase, execution=execution, event=shifted)) + b"\n")
        for receipt in history.receipts:
            clean = msgspec.structs.replace(receipt, detail=self._redact(receipt.detail))
            self._faults.write(_line(FaultLine(phase=phase, execution=execution, receipt=clean)) + b"\n")

    def write_signals(self, phase: str, signals: Iterable[Sample | LogLine]) -> None:
        """Samples and log templates, on the run's clock."""
        for signal in signals:
            self._signals.write(_line(_signal_line(phase, signal)))

    def close(self) -> None:
        self._outcomes.close()
        self._signals.close()
        self._faults.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _seen(self, phase: str, outcome: Outcome, origin_s: float, execution: int) -> Seen:
        last = outcome.attempts[-1] if outcome.attempts else None
        return Seen(
            phase=phase,
            execution=execution,
            step=outcome.step,
            session=outcome.session,
            route=outcome.route,
            due_s=outcome.due_s + origin_s,
            sent_s=_shifted(outcome.sent_s, origin_s),
            ended_s=_shifted(outcome.ended_s, origin_s),
            attempts=len(outcome.attempts),
            status=outcome.status,
            answer_bytes=outcome.answer.body_bytes if outcome.answer else 0,
            # What follows the colon of 'garbage: ...' came from the wire.
            error=last.error.partition(":")[0] if last and last.error else None,
            fate=outcome.fate,
            not_sent=self._redact(outcome.not_sent) if outcome.not_sent else None,
            recorded_status=outcome.recorded_status,
        )

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

    def faults(self) -> Iterator[FaultLine]:
        """Events and receipts; a last line that a killed run left half-written is said in `tears`."""
        path = self.path / FAULTS
        lines = path.read_bytes().splitlines() if path.exists() else []
        return self._decoded(iter(lines), FaultLine, FAULTS)

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


def _signal_line(phase: str, signal: Sample | LogLine) -> SignalLine:
    if isinstance(signal, Sample):
        return SignalLine(phase=phase, sample=signal)
    return SignalLine(phase=phase, log=signal)


def _shifted(t_s: float | None, origin_s: float) -> float | None:
    return None if t_s is None else t_s + origin_s


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
