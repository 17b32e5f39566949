import errno
import os
from pathlib import Path

import msgspec
import pytest

from foreshock.errors import UsageError
from recorder.exchange import Content, Exchange, Request
from recorder.formats.exporting import run_export
from recorder.intake import Intake
from recorder.listen.signal import Sample
from recorder.privacy.scan import scan
from recorder.recording import Recording, RecordingWriter
from recorder.sealed import KEY_VARIABLE
from recorder.shape import learn, learnt, store
from recorder.verify import verify

KEY = b"a key that is long enough"


def exchange(n: int) -> Exchange:
    request = Request(
        method="GET", url="/plainly-readable", http_version="HTTP/1.1", headers=(), post_data=Content.of(b"")
    )
    return Exchange(
        id=f"e{n:06}",
        session="",
        connection="c",
        started_s=n,
        request_ended_s=n,
        ended_s=n,
        request=request,
        error="gone",
    )


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    intake = Intake.into(tmp_path / "a.rec", upstream="http://up", key=b"pseudonyms", encrypt_key=KEY)
    for n in range(1, 4):
        intake.offer(exchange(n))
    intake.hear(Sample(1.0, "shop", "up", 1.0))
    intake.close()
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    return tmp_path / "a.rec"


def test_a_sealed_recording_is_read_and_proved_with_its_key(sealed: Path) -> None:
    recording = Recording.open(sealed)
    assert [one.id for one in recording.exchanges()] == ["e000001", "e000002", "e000003"]
    assert len(list(recording.signals())) == 1
    assert recording.tears == ()
    assert verify(sealed).is_whole
    segment = sealed / "exchanges-00001.jsonl.zst"
    assert segment.read_bytes().startswith(b"FSHKSEAL")


def test_without_its_key_it_is_refused_with_the_mend(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is sealed under another key"):
        Recording.open(sealed, encrypt_key=b"another key, long enough")
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(UsageError, match="is sealed; name the file of its key: FORESHOCK_ENCRYPT_KEY=FILE"):
        verify(sealed)
    assert len(list(Recording.open(sealed, encrypt_key=KEY).exchanges())) == 3


def test_a_sealed_frame_that_was_altered_or_cut_is_found(sealed: Path) -> None:
    segment = sealed / "exchanges-00001.jsonl.zst"
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-1])
    assert "is cut off" in str(verify(sealed).parts[0].troubles)
    segment.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "is damaged" in str(verify(sealed).parts[0].troubles)
    recording = Recording.open(sealed)
    assert list(recording.exchanges()) == []
    assert "damaged" in recording.tears[0]


def test_a_disk_that_refuses_a_frame_does_not_shut_what_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = RecordingWriter(tmp_path / "a.rec", upstream="http://up", encrypt_key=KEY)
    writer.write(exchange(1))
    monkeypatch.setattr("foreshock.segment.os.write", full)
    with pytest.raises(OSError, match="No space"):
        writer._rings.exchanges.flush()
    writer.lose("full")
    monkeypatch.undo()
    writer.write(exchange(2))
    counts = writer.close()
    assert (counts.seen, counts.stored, counts.dropped) == (2, 1, {"full": 1})
    recording = Recording.open(tmp_path / "a.rec", encrypt_key=KEY)
    assert [one.id for one in recording.exchanges()] == ["e000002"]
    assert recording.tears == ()


def test_a_sealed_recording_is_scanned_with_its_key_and_never_called_clean_without(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(scan(sealed)) == []
    with RecordingWriter(sealed.parent / "b.rec", upstream="http://up", encrypt_key=KEY) as writer:
        writer.write(msgspec.structs.replace(exchange(1), error="no mail to ada.lovelace@example.com"))
    assert list(scan(sealed.parent / "b.rec"))
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(UsageError, match="is sealed"):
        list(scan(sealed))


def test_the_shape_of_a_sealed_recording_is_sealed_too_and_read_with_its_key(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sealed / "shape.json").write_text("kept in the clear by an earlier Foreshock")
    recording = Recording.open(sealed)
    shape = learn(recording)
    path = store(shape, recording)
    assert [one.name for one in sealed.glob("shape*")] == [path.name] == ["shape.json.sealed"]
    assert b"plainly-readable" in msgspec.json.encode(shape)
    assert b"plainly-readable" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    with monkeypatch.context() as patched:
        patched.setattr("recorder.shape.learn", lambda _: pytest.fail("learned again"))
        assert learnt(recording) == shape
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(UsageError, match="cannot be read"):
        learnt(recording)


def test_an_export_of_a_sealed_recording_says_that_it_is_in_the_clear(sealed: Path, tmp_path: Path) -> None:
    told: list[str] = []
    run_export(sealed, "har", tmp_path / "a.har", tell=told.append)
    assert told[1] == "the export is in the clear, though the recording is sealed: keep it where only you read it"
    assert (tmp_path / "a.har").stat().st_mode & 0o077 == 0
