"""Every kind of secret, in every place, under every encoding, through the real redactor and writer onto a disk."""

import base64
import binascii
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec
import pytest
import zstandard

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Exchange
from recorder.privacy.scan import escapes_of
from recorder.recording import RecordingWriter
from recorder.redact import Redactor

_ALL = os.environ.get("PRIVACY_CORPUS") == "all"  # make prove-privacy
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_BEGINS = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "br": b"", "deflate": b""}  # else no decoder has it
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def everything(text: str, depth: int = 7) -> str:
    """The text, and all that any decoder gets out of it, and out of that."""
    seen, todo = {text}, [text]
    for _ in range(depth):
        todo = [new for old in todo for new in _decoded(old) if new not in seen]
        seen.update(todo)
    return "\n".join(seen)


def _decoded(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
        yield unquote_plus(text)
    if "\\" in text or '"' in text:
        for string in _STRING.findall(text):
            try:
                yield json.loads(string, strict=False)
            except ValueError:
                yield string
    for run in _RUN.findall(text):
        for altchars in (b"+/", b"-_"):
            try:
                raw = base64.b64decode(run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4), altchars, validate=True)
            except (binascii.Error, ValueError):
                continue
            yield from _texts_of(raw)


def _texts_of(raw: bytes) -> Iterator[str]:
    yield raw.decode("latin-1")
    for coding, magic in _BEGINS.items():
        if not raw.startswith(magic):
            continue
        try:
            yield coding_of(coding).decode(raw).decode("utf-8", "replace")
        except CannotDecode:
            continue


@pytest.mark.timeout(300)
def test_no_planted_secret_is_in_the_recording_or_in_what_is_logged(
    plant: Callable[..., list[Any]], key: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    planted = plant(seed=1, count=None if _ALL else 1_500)
    assert len(planted) >= (6_000 if _ALL else 1_500)
    caplog.set_level(logging.DEBUG)
    redactor = Redactor(key)
    with RecordingWriter(tmp_path / "a.rec", upstream="http://shop.example", redaction=redactor.redaction) as writer:
        for one in planted:
            writer.write(redactor.exchange(one.exchange))
    assert redactor.bodies_withheld == 0
    lines = _lines(tmp_path / "a.rec")
    assert len(lines) == len(planted)
    logged = caplog.text + "".join(capfd.readouterr())
    raw = b"".join(path.read_bytes() for path in (tmp_path / "a.rec").iterdir()).decode("latin-1") + logged
    missed = [
        (one.kind, one.place, one.encoding)
        for one, line in zip(planted, lines, strict=True)
        for text in (everything(line), raw)
        if any(needle in text for needle in one.needles)
    ]
    assert missed == []


def _lines(recording: Path) -> list[str]:
    (segment,) = recording.glob("*.zst")
    with segment.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read().decode()
    return text.splitlines()


def test_every_planted_secret_can_be_found_where_nothing_redacts(plant: Callable[..., list[Any]]) -> None:
    """So the test above looks well."""
    for one in plant(seed=2, count=150):
        assert any(needle in everything(_encoded(one.exchange)) for needle in one.needles), one


def test_what_scan_looks_for_is_what_was_planted(plant: Callable[..., list[Any]]) -> None:
    """It may tell a secret from a stand-in by its mark alone, which one in a hundred carries by chance."""
    planted = plant(seed=3, count=300)
    overlooked = [one for one in planted if not list(escapes_of(one.exchange))]
    assert len(overlooked) <= len(planted) * 0.03, [(one.kind, one.place, one.encoding) for one in overlooked]


def test_scan_finds_nothing_in_what_was_redacted(plant: Callable[..., list[Any]], key: bytes) -> None:
    redactor = Redactor(key)
    for one in plant(seed=4, count=300):
        assert list(escapes_of(redactor.exchange(one.exchange))) == [], one


def _encoded(exchange: Exchange) -> str:
    return msgspec.json.encode(exchange).decode()
