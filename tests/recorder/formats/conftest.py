"""What tests of formats share: reading bytes through a reader, importing through the command's function."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from recorder.exchange import Exchange
from recorder.formats.importing import Order, run_import
from recorder.formats.reading import Imported, Notes, Origin, Skipped
from recorder.formats.source import Source
from recorder.recording import Recording

WALL_S = 1_700_000_000.25  # the zero of every recording here


class Read:
    """What a reader gave."""

    def __init__(self, module: ModuleType, path: Path) -> None:
        notes = Notes()
        with Source(path) as source:
            found = list(module.read(source, Origin(WALL_S), notes))
        self.imported = [one for one in found if isinstance(one, Imported)]
        self.skipped = [one for one in found if isinstance(one, Skipped)]
        self.notes = notes.lines()

    @property
    def exchanges(self) -> list[Exchange]:
        return [one.exchange for one in self.imported]


class Import:
    """A finished import: what was said, and the recording."""

    def __init__(self, order: Order) -> None:
        self.said: list[str] = []
        self.told: list[str] = []
        self.code = run_import(order, say=self.said.append, tell=self.told.append)
        self.recording = Recording.open(order.out)
        self.exchanges = list(self.recording.exchanges())


@pytest.fixture
def read(tmp_path: Path) -> Callable[[ModuleType, bytes], Read]:
    def read(module: ModuleType, content: bytes) -> Read:
        path = tmp_path / "file"
        path.write_bytes(content)
        return Read(module, path)

    return read


@pytest.fixture
def wall_s() -> float:
    return WALL_S


@pytest.fixture
def bring_in(tmp_path: Path) -> Callable[..., Import]:
    """Imports bytes into a new recording."""

    def bring_in(content: bytes, **options: object) -> Import:
        file, out = tmp_path / "file", tmp_path / "a.rec"
        file.write_bytes(content)
        return Import(Order(file=file, out=out, **options))  # type: ignore[arg-type]  # options of Order's

    return bring_in
