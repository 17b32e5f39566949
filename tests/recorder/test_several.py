"""Several recorders into one folder, read as one recording."""

from pathlib import Path

import msgspec
import pytest

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from recorder.exchange import Content, Exchange, Header, Request, Response
from recorder.following import EndLine, MessageLine
from recorder.intake import Intake
from recorder.keeping import Keeping
from recorder.listen.signal import Sample
from recorder.policy import Redaction
from recorder.recording import Recording, RecordingWriter
from recorder.redact import Redactor
from recorder.sampling import Share
from recorder.session import Rule, identity_hash
from recorder.sessionkey import SessionKey
from recorder.verify import verify

KEY = b"the key of them all"


def exchange(number: int, connection: str, started_s: float, *, cookie: str = "", sets: str = "") -> Exchange:
    sent = (Header("Cookie", f"sid={cookie}"),) if cookie else ()
    given = (Header("Set-Cookie", f"sid={sets}"),) if sets else ()
    return Exchange(
        id=f"e{number:06}",
        session="",
        connection=connection,
        started_s=started_s,
        request_ended_s=started_s,
        first_byte_s=started_s,
        ended_s=started_s,
        request=Request(method="GET", url="/", http_version="HTTP/1.1", headers=sent, post_data=Content.of(b"")),
        response=Response(status=200, status_text="", http_version="HTTP/1.1", headers=given, content=Content.of(b"")),
    )


def recorder(out: Path, name: str, *, wall_s: float = 1000.0, key: bytes = KEY, **keeping: object) -> Intake:
    redactor = Redactor(key)
    writer = RecordingWriter(
        out,
        upstream="http://up",
        anchor=Anchor(wall_s=wall_s, monotonic_s=0.0),
        redaction=redactor.redaction,
        recorder=name,
    )
    return Intake(writer, redactor, key=key, keeping=Keeping(**keeping))


def test_their_exchanges_come_in_the_order_in_which_they_started_on_one_clock(tmp_path: Path) -> None:
    early, late = recorder(tmp_path / "a.rec", "b"), recorder(tmp_path / "a.rec", "a", wall_s=1000.5)
    early.offer(exchange(1, "c1", 0.0))
    early.offer(exchange(2, "c1", 1.0))
    late.offer(exchange(1, "c2", 0.25))
    late.hear(Sample(0.25, "shop", "up", 1.0))
    early.hear(Sample(0.5, "shop", "up", 1.0))
    early.close()
    late.close()
    recording = Recording.open(tmp_path / "a.rec")
    assert [(one.recorder, one.id, one.started_s) for one in recording.exchanges()] == [
        ("b", "b.e000001", 0.0),
        ("a", "a.e000001", 0.75),
        ("b", "b.e000002", 1.0),
    ]
    assert [signal.t_s for signal in recording.signals()] == [0.5, 0.75]
    assert recording.tears == ()
    assert recording.manifest.anchor.wall_s == 1000.0
    assert (recording.manifest.counts.seen, recording.manifest.counts.stored) == (3, 3)
    assert recording.manifest.closed


def test_a_client_is_one_session_at_all_of_them_also_before_it_logs_in(tmp_path: Path) -> None:
    one, two = recorder(tmp_path / "a.rec", "one"), recorder(tmp_path / "a.rec", "two")
    one.offer(exchange(1, "c1", 0.0))
    one.offer(exchange(2, "c1", 1.0, sets="0123456789abcdef"))
    two.offer(exchange(1, "c2", 2.0, cookie="0123456789abcdef"))
    two.offer(exchange(2, "c3", 3.0, cookie="fedcba9876543210"))
    one.close()
    two.close()
    sessions = [each.session for each in Recording.open(tmp_path / "a.rec").exchanges()]
    assert sessions[0] == sessions[1] == sessions[2] != sessions[3]
    disk = b"".join(path.read_bytes() for path in (tmp_path / "a.rec").glob("*/sessions*"))
    assert b"0123456789abcdef" not in disk


def test_they_sample_the_same_sessions(tmp_path: Path) -> None:
    rule = Rule(key=SessionKey.parse("cookie:sid"))
    both = [recorder(tmp_path / "a.rec", name, share=Share(0.5), rule=rule) for name in ("one", "two")]
    for n in range(200):
        for number, intake in enumerate(both):
            intake.offer(exchange(n + 1, f"c{number}-{n}", float(n), cookie=f"client-{n:08}"))
    counts = [intake.close() for intake in both]
    assert counts[0].stored == counts[1].stored
    assert 60 < counts[0].stored < 140
    recording = Recording.open(tmp_path / "a.rec")
    found = list(recording.exchanges())
    assert len(found) == 2 * len({one.session for one in found}) == 2 * counts[0].stored
    assert recording.tears == ()


def test_a_session_of_which_one_has_sampled_out_its_part_is_left_out_and_said(tmp_path: Path) -> None:
    token = "0123456789abcdef"
    share = Share(0.5)
    anonymous = next(f"c{n}" for n in range(99) if share.draws(f"c{n}", KEY) != share.draws(token, KEY))
    one, two = (recorder(tmp_path / "a.rec", name, share=share) for name in ("one", "two"))
    one.offer(exchange(1, anonymous, 0.0))  # drawn by its connection: nothing else is known yet
    one.offer(exchange(2, anonymous, 1.0, sets=token))
    two.offer(exchange(1, "other", 2.0, cookie=token))  # drawn by its cookie
    one.close()
    two.close()
    recording = Recording.open(tmp_path / "a.rec")
    assert list(recording.exchanges()) == []
    assert len(recording.tears) == 1
    assert "left out: other recorders sampled the rest of their sessions out" in recording.tears[0]


def test_different_keys_are_said(tmp_path: Path) -> None:
    for name, key in (("one", b"one key"), ("two", b"another")):
        intake = recorder(tmp_path / "a.rec", name, key=key)
        intake.offer(exchange(1, name, 0.0))
        intake.close()
    recording = Recording.open(tmp_path / "a.rec")
    assert len(list(recording.exchanges())) == 2
    assert recording.tears == ("its recorders had different keys: sessions that went over several of them fall apart",)


def test_one_that_was_killed_is_said_by_its_name_and_the_rest_is_whole(tmp_path: Path) -> None:
    for name in ("one", "two"):
        writer = RecordingWriter(tmp_path / "a.rec", upstream="http://up", recorder=name, redaction=Redaction())
        if name == "one":
            writer.close()
    recording = Recording.open(tmp_path / "a.rec")
    assert list(recording.exchanges()) == []
    assert len(recording.tears) == 1
    assert recording.tears[0].startswith("two: the recorder was killed")
    assert not recording.manifest.closed


def test_the_fingerprint_covers_all_of_them(tmp_path: Path) -> None:
    prints = set()
    for count in (1, 2, 3):
        intake = recorder(tmp_path / "a.rec", f"r{count}")
        intake.offer(exchange(count, "c", 0.0))
        intake.close()
        prints.add(Recording.open(tmp_path / "a.rec").fingerprint)
    assert len(prints) == 3


def test_a_lost_manifest_of_a_part_is_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        intake = recorder(tmp_path / "a.rec", name)
        intake.offer(exchange(1, "c", 0.0))
        intake.close()
    (tmp_path / "a.rec" / "one" / "manifest.json").unlink()
    with pytest.raises(UsageError, match=r"has lost its manifest\.json"):
        Recording.open(tmp_path / "a.rec")


def test_an_identity_is_known_only_with_the_key() -> None:
    assert identity_hash(KEY, "ada") == identity_hash(KEY, "ada") != identity_hash(b"another", "ada")


def test_sockets_of_several_recorders_have_their_messages_on_one_clock(tmp_path: Path) -> None:
    switched = Response(status=101, status_text="", http_version="HTTP/1.1", headers=(), content=Content.of(b""))
    for name, wall_s in (("a", 1000.0), ("b", 1010.0)):
        intake = recorder(tmp_path / "a.rec", name, wall_s=wall_s)
        intake.offer(msgspec.structs.replace(exchange(1, "c1", 1.0), response=switched, goes_on=True))
        intake.follow(MessageLine(of="e000001", nth=1, at_s=2.0, content=Content.of(name.encode())))
        intake.follow(EndLine(of="e000001", nth=2, ended_s=3.0))
        intake.close()
    recording = Recording.open(tmp_path / "a.rec")
    told = [
        (one.recorder, one.goes_on, one.ended_s, [(message.at_s, message.content.text) for message in one.messages])
        for one in recording.exchanges()
    ]
    assert told == [("a", False, 3.0, [(2.0, "a")]), ("b", False, 13.0, [(12.0, "b")])]
    assert recording.manifest.messages.stored == 4
    assert verify(tmp_path / "a.rec").is_whole
