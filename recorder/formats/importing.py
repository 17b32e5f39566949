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
from recorder.exchange import Exchange
from recorder.filter import Filter
from recorder.formats.reading import Imported, Notes, Origin, Reader, Skipped
from recorder.formats.recognise import recognise
from recorder.formats.source import Source, Torn
from recorder.formats.urls import host_of
from recorder.key import read_key
from recorder.manifest import Counts
from recorder.policy import Policy
from recorder.recording import RecordingWriter
from recorder.redact import DEFAULT, Redactor
from recorder.session import Rule, Sessions
from recorder.upstreams import parse_upstream

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


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is imported, and how. `keep_torn`: what was read before a tear is a recording too."""

    file: Path
    out: Path
    form: str | None = None
    key_file: Path | None = None
    policy: Policy = DEFAULT
    encrypt_key_file: Path | None = None
    filter: Filter = Filter()
    rule: Rule = Rule()
    upstream: str | None = None
    keep_torn: bool = False


def run_import(order: Order, *, say: Callable[[str], object], tell: Callable[[str], object]) -> int:
    """0 when the recording is there. `say` gets the counts, `tell` what the file could not say.

    UsageError, and no recording, where the file is torn, holds no exchange or is of no format that is read.
    """
    if order.out.exists():
        raise UsageError(f"out={order.out} is already there and is not written over; name another or remove it")
    if order.upstream is not None:
        parse_upstream(order.upstream)  # what no run may have as its target: a name that none has would guard nothing
    key = read_key(order.key_file)
    encrypt_key = read_key(order.encrypt_key_file) if order.encrypt_key_file else None
    with Source(order.file) as source:
        form = order.form or recognise(source)
        made = _Import(order, form, Redactor(key, order.policy), encrypt_key)
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

    def __init__(self, order: Order, form: str, redactor: Redactor, encrypt_key: bytes | None) -> None:
        self.told: list[str] = []
        self._order = order
        self._form = form
        self._draft = order.out.with_name(f".{order.out.name}.importing")
        self._redactor = redactor
        self._encrypt_key = encrypt_key
        self._sessions = Sessions(order.rule)
        self._origin = Origin()
        self._notes = Notes()
        self._writer: RecordingWriter | None = None
        self._taken = 0
        self._excluded = 0
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
        try:  # as at capture: sessions are told of all that comes, before redaction
            session = self._sessions.of(_of_client(one), one.address)
            if not self._order.filter.keeps(one.exchange):
                self._excluded += 1
                return
            withheld_before = self._redactor.bodies_withheld
            redacted = self._redactor.exchange(one.exchange)
        except Exception as error:  # noqa: BLE001 (as at capture: one strange exchange is counted, and not the end)
            self._drop(f"could not be redacted: {type(error).__name__}", "")
            return
        self._taken += 1
        named = msgspec.structs.replace(redacted, id=f"e{self._taken:06}", session=session, recorder="")
        self._writer = self._writer or self._new_writer(one.origin)
        self._writer.write(named, bodies_withheld=self._redactor.bodies_withheld - withheld_before)

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
            session_rule=str(self._order.rule),
            tools={"imported": self._form},
            keeping=self._order.filter.said,
            encrypt_key=self._encrypt_key,
        )

    def _ended(self) -> Counts:
        if self._writer is None:
            reasons = "; ".join(
                f"{count:,} x {reason} (first {self._first_dropped.get(reason, '-')})"
                for reason, count in self._dropped.most_common(3)
            )
            kept = f" that --include and --exclude keep, of {self._excluded:,}" if self._excluded else ""
            why = f": {reasons}" if reasons else ""
            raise UsageError(f"file={self._order.file} ({self._form}) holds no exchange{kept}{why}")
        for _ in range(self._excluded):
            self._writer.exclude()
        for reason, count in self._dropped.items():
            self._writer.drop(reason, count)
        return self._writer.close()

    def _about_hosts(self) -> str:
        shown = ", ".join(f"{host} ({count:,})" for host, count in self._hosts.most_common(_HOSTS_SHOWN))
        return (
            f"{len(self._hosts)} hosts: {shown}; a replay has one target: --include host=HOST keeps what is that one's"
        )


def _of_client(one: Imported) -> Exchange:
    """The exchange as session naming sees it: on its client's connection, if the file has none of its own."""
    return msgspec.structs.replace(one.exchange, connection=one.client) if one.client else one.exchange
