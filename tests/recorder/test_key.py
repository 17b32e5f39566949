from pathlib import Path

import pytest

from foreshock.errors import UsageError
from recorder.key import read_key


def test_without_a_file_every_key_is_another() -> None:
    assert read_key(None) != read_key(None)
    assert len(read_key(None)) == 32


def test_the_key_is_what_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"0123456789abcdef\n")
    assert read_key(tmp_path / "key") == b"0123456789abcdef\n"


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(UsageError, match="holds 5 bytes; a key has 16 at least"):
        read_key(tmp_path / "key")


def test_a_missing_file_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="head -c 32 /dev/urandom"):
        read_key(tmp_path / "key")
