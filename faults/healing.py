"""The heal journal: what a run is about to do to a real Toxiproxy, for whoever has to undo it should the run be killed.

One file a run, in JSON lines: first whose it is and on which server, then each proxy and each toxic before it is made.
The living owner holds it locked; the kernel unlocks it whatever way the owner ends. So an unlocked journal is one of a
dead run, and says what may be left: `foreshock heal` (`faults.remains`) undoes that.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from foreshock.errors import HarnessError

VERSION = 1
_SUFFIX = ".jsonl"
_MOST_OF_ONE_NAME = 100


class Opening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A journal's first line. `taps` is the control API of the run's relays, which may outlive it."""

    version: int
    run: str
    url: str  # of the Toxiproxy's control API
    pid: int
    opened_at: str  # ISO 8601, UTC
    taps: str = ""
    ends_with_run: bool = False  # the server was started by the run


class Entry(msgspec.Struct, frozen=True):
    """Each line after it: `what` is about to be done to `proxy`: 'create', 'toxic NAME' or 'disable'."""

    proxy: str
    what: str


class Journal(msgspec.Struct, frozen=True):
    """A journal as it was read, up to a line that a kill tore."""

    path: Path
    opening: Opening
    entries: tuple[Entry, ...]

    @property
    def proxies(self) -> tuple[str, ...]:
        """Each once, in the order in which they were made."""
        return tuple(dict.fromkeys(entry.proxy for entry in self.entries))


class HealJournal:
    """The owner's side. A context manager that keeps the file unless all is `healed`, or nothing was ever about to be.

    Not synced to the disk: what a machine's crash could lose here, it takes from Toxiproxy's memory too.
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file: int | None = file
        self._said: set[Entry] = set()

    @classmethod
    def open(cls, folder: Path, run: str, url: str, *, taps: str = "", ends_with_run: bool = False) -> "HealJournal":
        """Made and locked, in `folder`, which is made too. Raises HarnessError where that can't be."""
        opening = Opening(
            version=VERSION,
            run=run,
            url=url,
            pid=os.getpid(),
            opened_at=datetime.now(UTC).isoformat(timespec="seconds"),
            taps=taps,
            ends_with_run=ends_with_run,
        )
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            journal = cls(*_made(folder, f"{re.sub(r'[^A-Za-z0-9._-]', '-', run)[:100]}-{os.getpid()}"))
        except OSError as error:
            raise _unwritable(folder, error) from error
        journal._write(opening)
        return journal

    def about_to(self, proxy: str, what: str) -> None:
        """Noted before it is done. What was noted once is not again: to be undone, it need be named only once."""
        entry = Entry(proxy, what)
        if entry not in self._said:
            self._write(entry)
            self._said.add(entry)

    def healed(self) -> None:
        """All of it was undone, and read back: the journal goes."""
        self._said.clear()
        self.close()

    def close(self) -> None:
        """Lets go of it; the file stays if anything may be left. Harmless when it is closed."""
        if self._file is None:
            return
        if not self._said:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, record: Opening | Entry) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        line = msgspec.json.encode(record) + b"\n"
        try:
            written = os.write(self._file, line)  # one call, appended: threads don't mix their lines
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written < len(line):
            raise _unwritable(self.path, OSError(0, "the disk is full"))


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where journals are kept: ${XDG_STATE_HOME:-~/.local/state}/foreshock/heal. Raises HarnessError without a home."""
    state = environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(state) if state.startswith("/") else Path("~/.local/state").expanduser()
    except RuntimeError:
        raise HarnessError("there is no home folder to keep heal journals in: set XDG_STATE_HOME to one") from None
    return base / "foreshock" / "heal"


def journals(folder: Path) -> list[Path]:
    """The files of all runs, living and dead, in the order of their names; none where there is no folder."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


def read_journal(path: Path) -> Journal | None:
    """None of one that says nothing yet, or is gone. Raises HarnessError of one that can't be understood."""
    try:
        first, *lines = path.read_bytes().split(b"\n")[:-1] or [b""]
        if not first:
            return None
        opening = msgspec.json.decode(first, type=Opening)
        if opening.version != VERSION:
            raise HarnessError(f"{path}: version={opening.version}: expected {VERSION}; heal with the newer Foreshock")
        return Journal(path, opening, tuple(msgspec.json.decode(line, type=Entry) for line in lines))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise HarnessError(f"{path}: not a heal journal that can be read ({error}); if it is none, delete it") from None


@contextmanager
def orphaned(path: Path) -> Iterator[bool]:
    """Whether its owner is dead; if so it is locked meanwhile, so that two healers don't meet."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield _is_at(path, file)
    finally:
        os.close(file)


def _made(folder: Path, stem: str) -> tuple[Path, int]:
    """A new file, locked. Its number is a further one where a dead run's of the same name and process id is left."""
    for number in range(1, _MOST_OF_ONE_NAME):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{_SUFFIX}"
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        fcntl.flock(file, fcntl.LOCK_EX)
        if _is_at(path, file):
            return path, file
        os.close(file)  # a healer took it for a dead run's before it was locked
    raise FileExistsError(0, f"{_MOST_OF_ONE_NAME} journals of killed runs named {stem}: run `foreshock heal`")


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> HarnessError:
    return HarnessError(
        f"heal journal {path}: can't be written ({error.strerror or error}); without it a killed run's faults could "
        "not be undone: free the disk, or set XDG_STATE_HOME to a folder that can be written"
    )
