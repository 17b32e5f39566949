"""`foreshock import`: a file that others recorded becomes a recording, redacted like any.

The recording is made beside its place and moved there when it is whole: an import that fails leaves nothing there.
"""

import contextlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import msgspec

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from recorder.formats.reading import Imported, Notes, Origin, Reader, Skipped
from recorder.formats.recognise import recognise
from recorder.formats.source import Source, Torn
from recorder.formats.urls import host_of
from recorder.key import read_key
from recorder.manifest import Counts
from recorder.recording import RecordingWriter
from recorder.redact import Redactor
from recorder.session import RULE, Sessions

# name -> its module, loaded when it is wanted: mitmproxy takes a second
_MODULES = {
    "har": "harread",
    "mitmproxy": "mitmflows",
    "goreplay": "goreplay",
    "combined": "accesslog",
    "jsonlog": "jsonlog",
    "pcap": "pcap",
}
UNKNOWN_UPSTREAM = (
    "http://unknown.invalid"  # nobody's host (RFC 6761): what the file doesn't name is protected by nothing
)

_HOSTS_SHOWN = 8
_HOSTS_KEPT = 10_000
_OTHER_HOST = "another host than --host"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is imported, and how. `hosts`: only these, where any are named. `keep_torn`: what was read before a tear."""

    file: Path
    out: Path
    form: str | None = None
    key_file: Path | None = None
    hosts: tuple[str, ...] = ()
    upstream: str | None = None
    keep_torn: bool = False


def run_import(order: Order, *, say: Callable[[str], object], tell: Callable[[str], object]) -> int:
    """0 when the recording is there. `say` gets the counts, `tell` what the file could not say.

    UsageError, and no recording, where the file is torn, holds no exchange or is of no format that is read.
    """
    if order.out.exists():
        raise UsageError(f"out={order.out} is already there and is not written over; name another or remove it")
    key = read_key(order.key_file)
    with Source(order.file) as source:
        form = order.form or recognise(source)
        made = _Import(order, key, form)
        counts = made.run(source, _reader(form))
    for line in made.told:
        tell(line)
    say(f"imported {order.out} from {order.file} ({form}): {counts}")
    return 0


def _reader(form: str) -> Reader:
    reader: Reader = import_module(f"recorder.formats.{_MODULES[form]}").read
    return reader


class _Import:
    """`told` is what the file could not say, once it has run."""

    def __init__(self, order: Order, key: bytes, form: str) -> None:
        self.told: list[str] = []
        self._order = order
        self._form = form
        self._draft = order.out.with_name(f".{order.out.name}.importing")
        self._redactor = Redactor(key)
        self._sessions = Sessions()
        self._origin = Origin()
        self._notes = Notes()
        self._writer: RecordingWriter | None = None
        self._taken = 0
        self._dropped: Counter[str] = Counter()
        self._first_dropped: dict[str, str] = {}  # reason -> where
        self._hosts: Counter[str] = Counter()

    def run(self, source: Source, read: Reader) -> Counts:
        """Reads all and moves the recording to its place."""
        shutil.rmtree(self._draft, ignore_errors=True)  # a killed import's
        try:
            self._take_all(read(source, self._origin, self._notes))
            counts = self._ended()
            self._draft.rename(self._order.out)
        except BaseException:
            shutil.rmtree(self._draft, ignore_errors=True)
            raise
        self.told += self._notes.lines()
        self.told += [f"dropped: {reason}: first {where}" for reason, where in self._first_dropped.items()]
        if len(self._hosts) > 1:
            self.told.append(self._about_hosts())
        return counts

    def _take_all(self, found: Iterator[Imported | Skipped]) -> None:
        try:
            with contextlib.closing(found):  # type: ignore[type-var]  # readers are generators
                for one in found:
                    if isinstance(one, Imported):
                        self._take(one)
                    else:
                        self._drop(one.reason, one.where)
        except Torn as tear:
            if not self._order.keep_torn or self._writer is None:
                raise Torn(f"{tear}; nothing was written{self._before_the_tear()}") from None
            self.told.append(f"torn: {tear}; what stands before it was kept")

    def _before_the_tear(self) -> str:
        if not self._taken:
            return ""
        return f"; {self._taken:,} exchanges stand before it: --keep-torn keeps them"

    def _take(self, one: Imported) -> None:
        if one.origin and len(self._hosts) < _HOSTS_KEPT:
            self._hosts[host_of(one.origin)] += 1
        if self._order.hosts and host_of(one.origin) not in self._order.hosts:
            self._drop(_OTHER_HOST, "")
            return
        withheld_before = self._redactor.bodies_withheld
        try:
            exchange = self._redactor.exchange(one.exchange)
            named = msgspec.structs.replace(exchange, connection=one.client) if one.client else exchange
            session = self._sessions.of(named, one.address)
        except Exception as error:  # noqa: BLE001 (as at capture: one strange exchange is counted, and not the end)
            self._drop(f"could not be redacted: {type(error).__name__}", "")
            return
        self._taken += 1
        exchange = msgspec.structs.replace(exchange, id=f"e{self._taken:06}", session=session)
        self._writer = self._writer or self._new_writer(one.origin)
        self._writer.write(exchange, bodies_withheld=self._redactor.bodies_withheld - withheld_before)

    def _drop(self, reason: str, where: str) -> None:
        self._dropped[reason] += 1
        if where:
            self._first_dropped.setdefault(reason, where)

    def _new_writer(self, origin: str) -> RecordingWriter:
        return RecordingWriter(
            self._draft,
            upstream=self._order.upstream or origin or UNKNOWN_UPSTREAM,
            anchor=Anchor(wall_s=self._origin.wall_s or 0.0, monotonic_s=0.0),
            redaction=self._redactor.redaction,
            session_rule=RULE,
            tools={"imported": self._form},
        )

    def _ended(self) -> Counts:
        if self._writer is None:
            reasons = "; ".join(
                f"{count:,} x {reason} (first {self._first_dropped.get(reason, '-')})"
                for reason, count in self._dropped.most_common(3)
            )
            raise UsageError(
                f"file={self._order.file} ({self._form}) holds no exchange{f': {reasons}' if reasons else ''}"
            )
        for reason, count in self._dropped.items():
            self._writer.drop(reason, count)
        return self._writer.close()

    def _about_hosts(self) -> str:
        shown = ", ".join(f"{host} ({count:,})" for host, count in self._hosts.most_common(_HOSTS_SHOWN))
        return (
            f"{len(self._hosts)} hosts: {shown}; a recording is replayed against one target: --host keeps one's alone"
        )
