"""`foreshock export`: a recording in another tool's format, and one sentence on what that format could not hold."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Content, Exchange
from recorder.formats import curl, goreplay, harwrite, k6, locustfile
from recorder.formats.names import EXPORTED
from recorder.formats.urls import Base
from recorder.recording import Recording

_BLOCK_BYTES = 1 << 20
_REQUESTS_ONLY = "responses, and the values that a system hands out anew (tokens, ids), which are sent as recorded"
_ONE_BY_ONE = (
    "what a session sent at once, which goes one by one; repeated headers, which are joined; trailers; WebSockets; "
    "Host, which is the target's"
)

_LOST = {
    "har": "nothing that an exchange holds; what HAR has no place for stands in _foreshock and _wire",
    "mitmproxy": "nothing that an exchange holds; what flows have no place for stands in their metadata",
    "goreplay": "sessions, connections, WebSocket messages and why a response is not there; HTTP/2 is made 1.1",
    "curl": f"{_REQUESTS_ONLY}; pauses; trailers; Host, which is the target's; where User-Agent and Accept stood",
    "locust": f"{_REQUESTS_ONLY}; {_ONE_BY_ONE}; characters that Locust's client writes as %HH",
    "k6": f"{_REQUESTS_ONLY}; {_ONE_BY_ONE}",
}


def run_export(recording: Path, form: str, out: Path | None, *, tell: Callable[[str], object]) -> int:
    """0 when all is written, to `out` or to standard output. `tell` gets what is lost.

    UsageError if `out` is there; InvalidRun where exchanges were stored and damage left none of them.
    """
    source = Recording.open(recording)
    exchanges = _Counted(source)
    pieces = _unless_all_is_lost(_pieces(form, source, exchanges), source, exchanges)
    if out is None:
        _pour(pieces, sys.stdout.buffer)
    else:
        _write_whole(pieces, out)
    tell(f"{exchanges.count:,} exchanges as {form}; lost: {_LOST[form]}{exchanges.unkept}")
    if any(part.manifest.sealed for part in source.parts):
        tell("the export is in the clear, though the recording is sealed: keep it where only you read it")
    for tear in source.tears:
        tell(f"torn: {tear}")
    return 0


class _Counted:
    """The recording's exchanges, counted as they pass."""

    def __init__(self, recording: Recording) -> None:
        self.count = 0
        self._bodies = 0
        self._recording = recording

    @property
    def unkept(self) -> str:
        """What was lost before, at capture."""
        return f"; {self._bodies:,} bodies were not kept at capture" if self._bodies else ""

    def __iter__(self) -> Iterator[Exchange]:
        for exchange in self._recording.exchanges():
            self.count += 1
            self._bodies += _is_unkept(exchange.request.post_data)
            self._bodies += exchange.response is not None and _is_unkept(exchange.response.content)
            yield exchange


def _is_unkept(content: Content) -> bool:
    return content.size > 0 and not content.text


def _unless_all_is_lost(pieces: Iterator[bytes], recording: Recording, exchanges: _Counted) -> Iterator[bytes]:
    """The pieces; InvalidRun behind the last if the recording holds exchanges, and none of them came."""
    yield from pieces
    if not exchanges.count and _was_filled(recording):
        why = "; ".join(recording.tears)
        problem = f"none of its exchanges could be read ({why}); restore it or record again"
        raise InvalidRun(f"recording={recording.path}: {problem}")


def _was_filled(recording: Recording) -> bool:
    """By its manifest or by its files: a kill in its first second leaves a manifest that counts none."""
    segments = (segment for part in recording.parts for segment in part.segments("exchanges"))
    return recording.manifest.counts.stored > 0 or any(segment.stat().st_size for segment in segments)


def _pieces(form: str, recording: Recording, exchanges: _Counted) -> Iterator[bytes]:
    base, wall_s = Base(recording.manifest.upstream), recording.manifest.anchor.wall_s
    match form:
        case "har":
            return harwrite.write(exchanges, base, wall_s)
        case "mitmproxy":
            from recorder.formats import mitmflows  # here: only this one takes the second that mitmproxy costs

            return mitmflows.write(exchanges, base, wall_s)
        case "goreplay":
            return goreplay.write(exchanges, wall_s)
        case "curl":
            return curl.write(exchanges)
        case "locust":
            return locustfile.write(exchanges)
        case "k6":
            return k6.write(exchanges)
    raise UsageError(f"format={form}: expected one of {', '.join(EXPORTED)}")


def _write_whole(pieces: Iterator[bytes], out: Path) -> None:
    """Beside its place first, for its owner's eyes only, then moved there: a kill leaves no half of it."""
    if out.exists():
        raise UsageError(f"out={out} is already there and is not written over; name another or remove it")
    draft = out.with_name(f".{out.name}.exporting")
    try:
        draft.unlink(missing_ok=True)  # a killed export's
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"out={out} cannot be made: {error.strerror}; name a file in a folder you may write") from None
    try:
        with os.fdopen(descriptor, "wb", buffering=_BLOCK_BYTES) as file:
            _pour(pieces, file)
        draft.rename(out)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _pour(pieces: Iterator[bytes], file: BinaryIO) -> None:
    for piece in pieces:
        file.write(piece)
    file.flush()
