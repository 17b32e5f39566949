from pathlib import Path

import msgspec
import pytest

from foreshock.errors import UsageError
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.listen.signal import LogLine
from recorder.manifest import read_manifest, write_manifest
from recorder.policy import Policy, Rule
from recorder.privacy.rewrite import rewrite, run_redact
from recorder.privacy.scan import Escape, escapes_of, run_scan, scan
from recorder.recording import Recording, RecordingWriter
from recorder.redact import Redactor
from recorder.sealing import seal_whole
from recorder.verify import verify

MAIL = "ada.lovelace@corp.dev"
TOKEN = "tok-Ab12Cd34Ef56Gh78"


def exchange(number: int = 1, body: str = "", session: str = "s1") -> Exchange:
    return Exchange(
        id=f"e{number}",
        session=session,
        connection="c1",
        started_s=number,
        request_ended_s=number,
        ended_s=number + 1,
        request=Request(
            method="POST",
            url="/things",
            http_version="HTTP/1.1",
            headers=(Header("Authorization", f"Bearer {TOKEN}"), Header("Content-Type", "application/json")),
            post_data=Content.of((body or f'{{"email": "{MAIL}", "qty": 3}}').encode()),
        ),
        response=Response(status=200, status_text="OK", http_version="HTTP/1.1", headers=(), content=Content.of(b"ok")),
    )


def recorded(folder: Path, *exchanges: Exchange) -> Path:
    with RecordingWriter(folder, upstream="http://127.0.0.1:1") as writer:
        for one in exchanges:
            writer.write(one)
        writer.hear(LogLine(1.0, "web", "INFO", f"hello {MAIL}"))
        writer.drop("a reason", 2)
        writer.sample_out()
    return folder


def test_what_escaped_is_told_by_place_and_kind_and_never_by_value(tmp_path: Path) -> None:
    said: list[str] = []
    assert run_scan(recorded(tmp_path / "a.rec", exchange()), said.append) == 1
    text = "\n".join(said)
    assert "exchanges-00001.jsonl.zst, line 1, e1: request's headers, authorization: private by its name" in text
    assert "line 1, e1: request's body, email: e-mail" in text
    assert "signals-00001.jsonl.zst, line 1: its bytes: e-mail" in text
    assert "mend: foreshock redact" in said[-1]
    assert MAIL not in text
    assert TOKEN not in text


def test_a_recording_that_was_redacted_scans_clean(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.rec", exchange(), exchange(2))
    said: list[str] = []
    out = tmp_path / "b.rec"
    assert run_redact(source, out, key_file=None, policy_file=None, strict=False, say=said.append) == 0
    assert said == [f"redacted {source} into {out}: 5 seen, 2 stored, 1 sampled out, 2 dropped (a reason)"]
    assert list(scan(out)) == []
    assert run_scan(out, said.append) == 0
    assert said[-1].endswith("nothing escaped, in any of its 3 files")


def test_redacting_again_keeps_order_sessions_joins_signals_and_the_clock(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.rec", exchange(session="s7"), exchange(2))
    rewrite(source, tmp_path / "b.rec", key=b"k" * 16, policy=Policy())
    rewrite(tmp_path / "b.rec", tmp_path / "c.rec", key=b"another key here", policy=Policy(strict=True))
    before, after = Recording.open(source), Recording.open(tmp_path / "c.rec")
    assert [one.session for one in after.exchanges()] == ["s7", "s1"]
    assert after.manifest.anchor == before.manifest.anchor
    assert after.manifest.redaction.policy.strict
    first, second = (one.request for one in after.exchanges())
    assert first.headers == second.headers
    assert first.post_data == second.post_data
    (signal,) = after.signals()
    assert isinstance(signal, LogLine)
    assert MAIL not in signal.template


def test_redacting_again_keeps_the_count_of_withheld_bodies(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1") as writer:
        writer.write(exchange(), bodies_withheld=2)
    assert rewrite(tmp_path / "a.rec", tmp_path / "b.rec", key=b"k" * 16, policy=Policy()).bodies_withheld == 2


def hosted(folder: Path) -> Path:
    """Of a system that is named by its address, and asked for by another name."""
    plain = exchange()
    named = msgspec.structs.replace(plain.request, headers=(Header("Host", "shop.example"),))
    with RecordingWriter(folder, upstream="https://203.0.113.5:8443") as writer:
        for _ in range(3):
            writer.write(msgspec.structs.replace(plain, request=named), host="203.0.113.5")
    return folder


def test_redacting_again_keeps_whose_traffic_it_is(tmp_path: Path) -> None:
    source = Recording.open(hosted(tmp_path / "a.rec")).manifest
    rewrite(tmp_path / "a.rec", tmp_path / "b.rec", key=b"k" * 16, policy=Policy())
    again = Recording.open(tmp_path / "b.rec").manifest
    assert (again.upstream, again.hosts) == (source.upstream, source.hosts)
    hides = Policy(rules=(Rule(place="header:host", action="hash"),))
    rewrite(tmp_path / "a.rec", tmp_path / "c.rec", key=b"k" * 16, policy=hides)
    assert "shop.example" not in Recording.open(tmp_path / "c.rec").manifest.hosts.by_host


def test_redacting_again_counts_what_could_not_be_read(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.rec", exchange(), exchange(2))
    (source / "exchanges-00001.jsonl.zst").write_bytes(b"no frame")
    counts = rewrite(source, tmp_path / "b.rec", key=b"k" * 16, policy=Policy())
    assert counts.dropped["could not be read from the recording before"] == 2
    assert counts.seen == Recording.open(source).manifest.counts.seen


def test_redacting_again_keeps_that_the_end_of_a_killed_recording_is_not_known(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.rec", exchange(), exchange(2))
    rewrite(source, tmp_path / "whole.rec", key=b"k" * 16, policy=Policy())
    assert verify(tmp_path / "whole.rec").is_whole
    write_manifest(source, msgspec.structs.replace(read_manifest(source), closed=False))
    rewrite(source, tmp_path / "b.rec", key=b"k" * 16, policy=Policy())
    rewrite(tmp_path / "b.rec", tmp_path / "c.rec", key=b"k" * 16, policy=Policy())
    for again in (tmp_path / "b.rec", tmp_path / "c.rec"):
        proof = verify(again)
        assert not proof.is_whole
        assert "what came in its last second is not known" in " ".join(proof.lines)
        recording = Recording.open(again)
        assert len(list(recording.exchanges())) == 2
        assert [tear for tear in recording.tears if "what came in its last second is not known" in tear]


@pytest.mark.parametrize("name", ["notes.txt", "shape.json", "deep/old.log"])
def test_every_other_file_of_the_folder_is_looked_into(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a.rec"
    with RecordingWriter(folder, upstream="http://127.0.0.1:1"):
        pass
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\xff\x00 to " + MAIL.encode() + b" \xfe")
    assert list(scan(folder)) == [Escape(f"{name}, line 1: its bytes", "e-mail")]


def test_a_torn_segment_is_looked_into_as_far_as_it_goes(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a.rec", *(exchange(number) for number in range(1, 50)))
    segment = folder / "exchanges-00001.jsonl.zst"
    segment.write_bytes((segment.read_bytes() * 2)[:-9])  # its frame, and the same torn
    assert len([escape for escape in scan(folder) if escape.where.startswith("exchanges")]) >= 2 * 49


def test_a_damaged_frame_is_no_clean_one_and_what_stands_behind_it_is_looked_into(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "a.rec", exchange())
    segment = folder / "exchanges-00001.jsonl.zst"
    whole = segment.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    segment.write_bytes(damaged + whole)
    escapes = [one for one in scan(folder) if one.where.startswith("exchanges")]
    assert escapes[0].kind == "damaged, and not looked into"
    assert len(escapes) >= 3


def test_what_no_redactor_looks_at_is_found_by_its_bytes(tmp_path: Path) -> None:
    strange = msgspec.structs.replace(exchange(body="{}"), connection=MAIL)
    strange = Redactor(b"key").exchange(strange)
    folder = recorded(tmp_path / "a.rec", strange)
    (folder / "signals-00001.jsonl.zst").unlink()
    assert list(scan(folder)) == [Escape("exchanges-00001.jsonl.zst, line 1: its bytes", "e-mail")]


def test_a_sealed_recording_is_looked_into_and_redacted_into_a_sealed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1", encrypt_key=b"k" * 32) as writer:
        writer.write(exchange())
    with pytest.raises(UsageError, match="is sealed; name the file of its key"):
        list(scan(tmp_path / "a.rec"))
    monkeypatch.setenv("FORESHOCK_ENCRYPT_KEY", str(key))
    assert {escape.kind for escape in scan(tmp_path / "a.rec")} >= {"e-mail", "private by its name"}
    rewrite(tmp_path / "a.rec", tmp_path / "b.rec", key=b"x" * 16, policy=Policy())
    assert Recording.open(tmp_path / "b.rec").manifest.sealed
    assert list(scan(tmp_path / "b.rec")) == []


def test_the_sealed_shape_and_a_tail_that_a_kill_tore_do_not_stop_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = b"k" * 32
    (tmp_path / "key").write_bytes(key)
    monkeypatch.setenv("FORESHOCK_ENCRYPT_KEY", str(tmp_path / "key"))
    folder = tmp_path / "a.rec"
    with RecordingWriter(folder, upstream="http://127.0.0.1:1", encrypt_key=key) as writer:
        writer.write(exchange())
    with (folder / "exchanges-00001.jsonl.zst").open("ab") as segment:
        segment.write(b"\x00\x00\x01\x00torn")
    (folder / "shape.json.sealed").write_bytes(seal_whole(f'{{"of": "{MAIL}"}}'.encode(), key))
    escapes = list(scan(folder))
    assert Escape("shape.json.sealed, line 1: its bytes", "e-mail") in escapes
    assert [one for one in escapes if one.where.startswith("exchanges")]


@pytest.mark.parametrize(
    "body",
    ["write to:\n{mail}", "write to:\t{mail}", '{{"note": "write to:\\n{mail}", "x": "caf\\u00e9"}}', "{key}"],
    ids=["line", "tab", "JSON", "private key"],
)
def test_stand_ins_behind_an_escape_or_with_escapes_in_them_are_told_as_such(tmp_path: Path, body: str) -> None:
    pem = (
        "-----BEGIN PRIVATE KEY-----\n"
        + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY\n" * 2
        + "-----END PRIVATE KEY-----\n"
    )
    plain = exchange(body=body.format(mail=MAIL, key=pem))
    folder = recorded(tmp_path / "a.rec", Redactor(b"key").exchange(plain))
    (folder / "signals-00001.jsonl.zst").unlink()
    assert list(scan(folder)) == []
    assert {one.kind for one in scan(recorded(tmp_path / "b.rec", plain))} & {"e-mail", "private key"}


@pytest.mark.parametrize("target", ["/to%2C{mail}", "/x?q=a%3B{mail}"])
def test_stand_ins_beside_what_is_percent_encoded_are_told_as_such(tmp_path: Path, target: str) -> None:
    plain = exchange(body="{}")
    plain = msgspec.structs.replace(
        plain, request=msgspec.structs.replace(plain.request, url=target.format(mail=MAIL), headers=())
    )
    folder = recorded(tmp_path / "a.rec", Redactor(b"key").exchange(plain))
    (folder / "signals-00001.jsonl.zst").unlink()
    assert list(scan(folder)) == []
    assert {one.kind for one in scan(recorded(tmp_path / "b.rec", plain))} == {"e-mail"}


def test_a_name_that_is_itself_private_is_not_said() -> None:
    said = str(escapes_of(exchange(body=f'{{"{MAIL}": {{"password": "hunter2222"}}}}')))
    assert "password" in said
    assert MAIL not in said


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist, or is empty"):
        list(scan(tmp_path / "none.rec"))


def test_a_folder_that_is_no_recording_is_refused_and_never_called_clean(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing private")
    said: list[str] = []
    with pytest.raises(UsageError, match=r"is not a recording: it holds no manifest\.json; make one with"):
        run_scan(tmp_path, said.append)
    assert said == []
    (tmp_path / "manifest.json").write_text('{"name": "of a web page"}')
    with pytest.raises(UsageError, match=r"is not a recording: manifest\.json does not say format="):
        run_scan(tmp_path, said.append)


def test_a_recording_that_lost_its_manifest_and_one_of_several_recorders_are_looked_into(tmp_path: Path) -> None:
    lost = recorded(tmp_path / "a.rec", exchange())
    (lost / "manifest.json").unlink()
    assert list(scan(lost))
    with RecordingWriter(tmp_path / "b.rec", upstream="http://127.0.0.1:1", recorder="web-1"):
        pass
    assert list(scan(tmp_path / "b.rec")) == []
