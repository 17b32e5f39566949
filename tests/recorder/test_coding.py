import gzip
import zlib

import pytest

from recorder import coding
from recorder.coding import CannotDecode, coding_of


@pytest.mark.parametrize(
    "name", ["", "identity", "gzip", "x-gzip", "GZip", "deflate", "br", "zstd", "gzip, zstd", "br,gzip"]
)
def test_what_is_encoded_is_decoded(name: str) -> None:
    one = coding_of(name)
    assert one.decode(one.encode(b"body" * 1000)) == b"body" * 1000


def test_deflate_without_its_zlib_header_is_decoded() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert coding_of("deflate").decode(raw.compress(b"body") + raw.flush()) == b"body"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_what_it_says_cannot_be_decoded(name: str) -> None:
    with pytest.raises(CannotDecode):
        coding_of(name).decode(b"plain text")


def test_a_cut_body_cannot_be_decoded() -> None:
    with pytest.raises(CannotDecode):
        coding_of("gzip").decode(gzip.compress(b"body" * 1000)[:-9])


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_unpacks_to_too_much_is_not_looked_into(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = coding_of(name).encode(b"0" * 2000)
    monkeypatch.setattr(coding, "_LIMIT_BYTES", 1000)
    with pytest.raises(CannotDecode):
        coding_of(name).decode(packed)


def test_a_coding_that_nobody_here_reads_is_named() -> None:
    with pytest.raises(CannotDecode, match="'compress'"):
        coding_of("compress")
