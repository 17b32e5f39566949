import json
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from foreshock.errors import InvalidRun, UsageError
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.formats.exporting import run_export
from recorder.formats.importing import Order, run_import
from recorder.formats.names import EXPORTED
from recorder.manifest import Counts, read_manifest, write_manifest
from recorder.recording import Recording, RecordingWriter


def exchange(number: int, *, kept: bool = True) -> Exchange:
    return Exchange(
        id=f"e{number:06}",
        session="s00001",
        connection="c",
        started_s=number / 10,
        request_ended_s=number / 10,
        first_byte_s=number / 10,
        ended_s=number / 10 + 0.01,
        request=Request(
            method="GET",
            url=f"/{number}",
            http_version="HTTP/1.1",
            headers=(Header("Host", "shop.example"),),
            post_data=Content(size=0),
        ),
        response=Response(
            status=200,
            status_text="OK",
            http_version="HTTP/1.1",
            headers=(Header("Content-Length", "2"),),
            content=Content.of(b"ok") if kept else Content(size=2),
        ),
    )


def recording(path: Path, exchanges: Iterable[Exchange]) -> Path:
    with RecordingWriter(path, upstream="https://shop.example") as writer:
        for one in exchanges:
            writer.write(one)
    return path


@pytest.mark.parametrize("form", EXPORTED)
def test_every_format_is_written_whole_and_says_in_one_line_what_is_lost(tmp_path: Path, form: str) -> None:
    source = recording(tmp_path / "a.rec", (exchange(number) for number in range(3)))
    told: list[str] = []
    assert run_export(source, form, tmp_path / "out", tell=told.append) == 0
    assert told[0].startswith(f"3 exchanges as {form}; lost: ")
    assert len(told) == 1
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.rec", "out"]


@pytest.mark.parametrize("form", ["har", "mitmproxy", "goreplay"])
def test_what_is_exported_can_be_imported(tmp_path: Path, form: str) -> None:
    source = recording(tmp_path / "a.rec", (exchange(number) for number in range(3)))
    run_export(source, form, tmp_path / "out", tell=print)
    run_import(Order(file=tmp_path / "out", out=tmp_path / "b.rec"), say=print, tell=print)
    again = list(Recording.open(tmp_path / "b.rec").exchanges())
    assert [(one.request, one.response) for one in again] == [
        (one.request, one.response) for one in Recording.open(source).exchanges()
    ]


def test_without_a_file_it_goes_to_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1)])
    run_export(source, "har", None, tell=lambda _: None)
    assert len(json.loads(capfdbinary.readouterr().out)["log"]["entries"]) == 1


def test_bodies_that_capture_did_not_keep_are_said(tmp_path: Path) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1, kept=False)])
    told: list[str] = []
    run_export(source, "har", tmp_path / "out", tell=told.append)
    assert told[0].endswith("; 1 bodies were not kept at capture")


def test_tears_of_the_recording_are_told(tmp_path: Path) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1)])
    (segment,) = source.glob("*.zst")
    segment.write_bytes(segment.read_bytes() + b"no frame")
    told: list[str] = []
    run_export(source, "har", tmp_path / "out", tell=told.append)
    assert told[1].startswith("torn: ")


@pytest.mark.parametrize("counted", [True, False])
def test_a_recording_of_which_damage_leaves_nothing_is_invalid_and_leaves_no_file(
    tmp_path: Path, counted: bool
) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1), exchange(2)])
    if not counted:  # as after a kill in the first second
        manifest = msgspec.structs.replace(read_manifest(source), counts=Counts(), segments=(), closed=False)
        write_manifest(source, manifest)
    (segment,) = source.glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-5])
    with pytest.raises(InvalidRun, match=r"a\.rec: none of its exchanges could be read \(.*is cut off in the frame"):
        run_export(source, "har", tmp_path / "out", tell=print)
    assert [path.name for path in tmp_path.iterdir()] == ["a.rec"]


def test_an_empty_recording_that_is_sound_is_exported_as_empty(tmp_path: Path) -> None:
    told: list[str] = []
    assert run_export(recording(tmp_path / "a.rec", []), "har", tmp_path / "out", tell=told.append) == 0
    assert told[0].startswith("0 exchanges as har")
    assert json.loads((tmp_path / "out").read_bytes())["log"]["entries"] == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1)])
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="already there"):
        run_export(source, "har", tmp_path / "out", tell=print)
    with pytest.raises(UsageError, match="cannot be made: No such file"):
        run_export(source, "har", tmp_path / "nowhere" / "out", tell=print)


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recording(tmp_path / "a.rec", [exchange(1)])
    monkeypatch.setattr("recorder.formats.harwrite._entry", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_export(source, "har", tmp_path / "out", tell=print)
    assert [path.name for path in tmp_path.iterdir()] == ["a.rec"]
