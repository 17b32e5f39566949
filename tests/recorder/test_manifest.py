import json
from pathlib import Path
from typing import Any

import pytest

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from recorder.manifest import Counts, Manifest, migrated, read_manifest, write_manifest

MANIFEST = Manifest(upstream="http://up", anchor=Anchor(wall_s=1, monotonic_s=2), counts=Counts(seen=1, stored=1))


def changed(folder: Path, **fields: Any) -> None:
    write_manifest(folder, MANIFEST)
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**content, **fields}))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def refused(folder: Path) -> str:
    with pytest.raises(UsageError) as refusal:
        read_manifest(folder)
    message = str(refusal.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_a_missing_recording_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    assert "does not exist; make it with: foreshock record" in refused(tmp_path / "no.rec")


def test_a_file_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_text("")
    assert "is a file" in refused(tmp_path / "a.rec")


def test_a_folder_without_a_manifest_is_no_recording(tmp_path: Path) -> None:
    assert "is not a recording" in refused(tmp_path)


def test_segments_without_their_manifest_are_told_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "exchanges-00001.jsonl.zst").touch()
    assert "has lost its manifest.json" in refused(tmp_path)


@pytest.mark.parametrize("text", ["{", "\xff\xfe", "[]", '{"format": "other"}'])
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    refused(tmp_path)


@pytest.mark.parametrize("version", [0, 99, "1", None])
def test_an_unknown_version_is_refused_with_the_versions_that_are_read(tmp_path: Path, version: Any) -> None:
    changed(tmp_path, version=version)
    assert f"version={version!r}, this Foreshock reads 1 to 2" in refused(tmp_path)


def test_a_field_that_cannot_be_is_named(tmp_path: Path) -> None:
    changed(tmp_path, counts={"seen": "many"})
    assert "$.counts.seen" in refused(tmp_path)


def test_versions_are_walked_until_current() -> None:
    steps = {1: lambda old: {**old, "version": 2, "b": 1}, 2: lambda old: {**old, "version": 3, "c": old["b"] + 1}}
    assert migrated({"version": 1}, "here", steps, current=3) == {"version": 3, "b": 1, "c": 2}
