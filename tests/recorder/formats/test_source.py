import gzip
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.formats.source import Source, Torn


def test_a_gzipped_file_is_read_as_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"hello\nworld"))
    with Source(tmp_path / "a") as source:
        assert source.begins(5) == b"hello"
        assert (source.readline(), source.tell(), source.read()) == (b"hello\n", 6, b"world")


@pytest.mark.parametrize("keep", [3, 12, 30])
def test_a_gzipped_file_that_breaks_off_is_a_tear(tmp_path: Path, keep: int) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(bytes(range(256)))[:keep])
    with Source(tmp_path / "a") as source, pytest.raises(Torn, match="gzip data is cut off or damaged"):
        source.read()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere cannot be read: No such file"):
        Source(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        Source(tmp_path)
