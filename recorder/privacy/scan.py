"""What escaped redaction: private values in a recording that bear no mark of a stand-in.

It looks twice: at every place of every exchange as the redactor would, and, not trusting it, at the bytes of every file
of the folder, decompressed, and decoded as far as decoding goes. Values under five letters and digits bear no mark and
are never told; of longer ones one in a hundred bears it by chance (mark.py), so that one value alone may be overlooked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from foreshock.errors import UsageError
from foreshock.frames import CUT_OFF, Frame, frames
from recorder.exchange import Content, Exchange, Request
from recorder.following import Following, MessageLine
from recorder.manifest import FILE_NAME, read_manifest
from recorder.policy import Policy
from recorder.privacy import kinds
from recorder.privacy.layers import DEPTH, ESCAPED, as_text, magic_of, unbased, unescaped
from recorder.pseudonym import is_pseudonym
from recorder.redact import Redactor
from recorder.sealed import KEY_VARIABLE, key_of_environment, segment_frames
from recorder.sealing import MAGIC, CannotOpen, is_sealed, open_whole

_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_ESCAPED_RUN = re.compile(r"[^\s\"'<>\\]{0,2000}?%[0-9A-Fa-f]{2}[^\s\"'<>\\]*")
_QUOTED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
_BLANKS = frozenset("bfnrt")  # escapes of what parts words
UNREAD = "damaged, and not looked into"
_SAYABLE = re.compile(r"[A-Za-z_][\w.\[\]-]{0,39}")
_EVENT = re.compile(r"(?:data|event|id|retry)?:")
_BLOCK_BYTES = 1 << 20
_ANY = Request(method="GET", url="/", http_version="HTTP/1.1", headers=(), post_data=Content(size=0))
_NOT_BY_BYTES = frozenset({"ip address", "user info"})  # amid other files they are the system's own


class Escape(NamedTuple):
    """`where` is file, exchange and place, as far as known; never the value."""

    where: str
    kind: str


def run_scan(folder: Path, say: Callable[[str], object]) -> int:
    """`foreshock scan`: says each place where something escaped, and how many. 1 on any, 0 on none."""
    escapes = Counter(scan(folder))
    files = sum(path.is_file() for path in folder.rglob("*"))
    for escape in escapes:
        say(f"{escape.where}: {escape.kind}")
    if not escapes:
        say(f"{folder}: nothing escaped, in any of its {files} files")
        return 0
    by_kind = ", ".join(f"{count} of {kind}" for kind, count in Counter(one.kind for one in escapes).most_common())
    say(f"{folder}: {len(escapes)} places hold what escaped redaction ({by_kind}); mend: foreshock redact")
    return 1


def scan(folder: Path) -> Iterator[Escape]:
    """Everything that escaped in `folder`, file by file. UsageError if it is no recording."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise UsageError(f"recording {folder} does not exist, or is empty; expected a folder NAME.rec")
    _check_is_recording(folder)
    for path in files:
        name = str(path.relative_to(folder))
        number = 0
        for text in _texts(path):
            if isinstance(text, Frame):
                yield Escape(f"{name}, byte {text.at}: {text.size} bytes", UNREAD)
                continue
            number += 1
            yield from _of_text(name, number, text)


def _check_is_recording(folder: Path) -> None:
    """UsageError unless it holds segments, or a recording's manifest: one that has lost the other is looked into."""
    if any(folder.glob("*.jsonl.zst")) or any(folder.glob("*/*.jsonl.zst")):
        return
    parts = [path.parent for path in folder.glob(f"*/{FILE_NAME}")]
    for part in [folder] if (folder / FILE_NAME).is_file() or not parts else parts:
        read_manifest(part)


def escapes_of(exchange: Exchange) -> list[Escape]:
    """What escaped in one exchange, by place."""
    watch = _Watch()
    redactor = Redactor(b"", Policy(), stand_ins=watch)
    watch.redactor = redactor
    redactor.exchange(exchange)
    return list(dict.fromkeys(watch.escapes))


def escapes_of_message(line: Following) -> list[Escape]:
    """What escaped in what was said on a socket, or an event stream, after it had opened."""
    if not isinstance(line, MessageLine):
        return []
    watch = _Watch()
    redactor = Redactor(b"", Policy(), stand_ins=watch)
    watch.redactor = redactor
    is_event = _EVENT.match(line.content.text)  # its exchange would tell, and stands elsewhere
    redactor.message(line.content, "text/event-stream" if is_event else "", of=_ANY)
    return list(dict.fromkeys(watch.escapes))


class _Watch:
    """Stands where pseudonyms are given, and notes what is no pseudonym yet."""

    def __init__(self) -> None:
        self.redactor: Redactor | None = None
        self.escapes: list[Escape] = []

    def of(self, value: str) -> str:
        if not value or is_pseudonym(value):
            return value
        place = self.redactor.place if self.redactor else ""
        name = self.redactor.looking_at if self.redactor else ""
        shown = f", {name}" if _SAYABLE.fullmatch(name) and not kinds.find(name) else ""
        self.escapes.append(Escape(place + shown, kinds.kind_of(value) or "private by its name"))
        return f"{value}\x00"  # another, so that it is not taken for plain from now on

    def hashed(self, value: str) -> str:
        return value


def _of_text(name: str, number: int, text: str) -> Iterator[Escape]:
    """One line of a segment, or a block of another file."""
    told: set[str] = set()
    where = f"{name}, line {number}"
    for id, escape in _by_place(name.rpartition("/")[2], text.encode("utf-8", "surrogateescape")):
        told.add(escape.kind)
        yield Escape(f"{where}, {id}: {escape.where}", escape.kind)
    for kind in sorted(_kinds_in(text, DEPTH) - told - _NOT_BY_BYTES):
        yield Escape(f"{where}: its bytes", kind)


def _by_place(name: str, line: bytes) -> Iterator[tuple[str, Escape]]:
    """With the id of its exchange, what escaped at each place. Lines that are torn or altered are mere bytes."""
    with suppress(msgspec.DecodeError):
        if name.startswith("exchanges-"):
            exchange = msgspec.json.decode(line, type=Exchange)
            yield from ((exchange.id, escape) for escape in escapes_of(exchange))
        elif name.startswith("messages-"):
            following = msgspec.json.decode(line, type=Following)
            yield from ((following.of, escape) for escape in escapes_of_message(following))


def _kinds_in(text: str, depth: int) -> set[str]:
    """The kinds of what stands in a text unmarked, however it is packed."""
    found = {one.kind for one in kinds.find(text) if not _is_marked(text, one, depth)}
    if depth:
        for inside in _unpacked(text):
            found |= _kinds_in(inside, depth - 1)
    return found


def _is_marked(text: str, one: kinds.Found, depth: int) -> bool:
    """Whether it is a stand-in, or has an escape in it or before it ('\\nada@...'): then it is told when unescaped."""
    around = text[max(0, one.start - 1) : one.end]
    is_escaped = depth and ("\\" in around or ESCAPED.search(around))
    return bool(is_escaped) or is_pseudonym(text[one.start : one.end])


def _unpacked(text: str) -> Iterator[str]:
    if _QUOTED.search(text):
        yield _QUOTED.sub(_unquoted, text)
    if ESCAPED.search(text):
        for run in _ESCAPED_RUN.findall(text):
            inside = unescaped(run)
            if inside:
                yield inside.text
    for run in _RUN.findall(text):
        inside = unbased(run)
        if inside:
            yield inside.text


def _unquoted(escape: re.Match[str]) -> str:
    """What a JSON escape stands for; a line feed parts, as a tab does."""
    return chr(int(escape[1], 16)) if escape[1] else "\n" if escape[2] in _BLANKS else escape[2]


def _texts(path: Path) -> Iterator[str | Frame]:
    """A segment's lines, and its damaged frames; another file in blocks that share their edges."""
    with path.open("rb") as file:
        raw = file.read(len(MAGIC))
        file.seek(0)
        if is_sealed(raw):
            yield from map(as_text, _opened(path))
            return
        if magic_of(raw) == "zstd":
            yield from _lines(path)
            return
        edge = b""
        while block := file.read(_BLOCK_BYTES):
            yield as_text(edge + block)
            edge = block[-4096:]


def _opened(path: Path) -> Iterator[bytes]:
    """The lines of a sealed file. UsageError without its key, or where it was altered: nothing can be said then."""
    key = key_of_environment()
    if key is None:
        raise UsageError(f"{path} is sealed; name the file of its key: {KEY_VARIABLE}=FILE")
    if not path.name.endswith(".zst"):  # sealed whole, and not compressed, as a shape is
        try:
            yield from open_whole(path.read_bytes(), key).splitlines()
        except CannotOpen as error:
            raise UsageError(f"{path} cannot be scanned: {error}") from None
        return
    for frame in segment_frames(path, key):
        if frame.content is not None:
            yield from (line for line in frame.content.split(b"\n") if line)
        elif frame.trouble != CUT_OFF:  # of what a kill tore, there is no more
            raise UsageError(f"{path} cannot be scanned: {path.name} {frame.trouble}")


def _lines(path: Path) -> Iterator[str | Frame]:
    """Of a torn tail what can be decompressed, and the frames that are damaged: nobody can look into them."""
    for frame in frames(path):
        if frame.content is not None:
            yield from map(as_text, frame.content.splitlines())
        elif frame.trouble == CUT_OFF:
            yield from map(as_text, _begun(path, frame).split(b"\n"))
        else:
            yield frame


def _begun(path: Path, frame: Frame) -> bytes:
    with path.open("rb") as file:
        file.seek(frame.at)
        return zstandard.ZstdDecompressor().decompressobj().decompress(file.read(frame.size))
