"""What follows exchanges that go on: queued, counted, sealed, scanned and redacted as exchanges are."""

from pathlib import Path

from msgspec.structs import replace

from recorder.exchange import Content, Exchange, Request, Response
from recorder.filter import Filter
from recorder.following import EndLine, MessageLine
from recorder.intake import Intake
from recorder.keeping import Keeping
from recorder.policy import Policy
from recorder.privacy.rewrite import rewrite
from recorder.privacy.scan import scan
from recorder.recording import Recording, RecordingWriter
from recorder.sealing import MAGIC
from recorder.session import Peer
from recorder.verify import verify
from recorder.waiting import FULL_BY_COUNT, Bounds, Offer, Waiting

SOCKET = Exchange(
    id="e000001",
    session="s00001",
    connection="c",
    started_s=1,
    request_ended_s=1,
    ended_s=1,
    request=Request(method="GET", url="/chat", http_version="HTTP/1.1", headers=(), post_data=Content.of(b"")),
    response=Response(status=101, status_text="", http_version="HTTP/1.1", headers=(), content=Content.of(b"")),
    goes_on=True,
)


def said(nth: int, text: bytes, of: str = SOCKET.id) -> MessageLine:
    return MessageLine(of=of, nth=nth, at_s=1.0 + nth, content=Content.of(text))


def test_a_socket_that_is_not_kept_is_counted_with_all_that_it_says(tmp_path: Path) -> None:
    keeping = Keeping(filter=Filter.parse(exclude=["/chat"]))
    intake = Intake.into(tmp_path / "a.rec", upstream="http://up", key=b"key", keeping=keeping)
    intake.offer(SOCKET)
    intake.offer(replace(SOCKET, id="e000002", request=replace(SOCKET.request, url="/other")))
    for of in ("e000001", "e000002", "e000009"):
        intake.follow(said(1, b"hi", of))
        intake.follow(EndLine(of=of, nth=2, ended_s=3.0))
    intake.leave_out_message()
    intake.close()
    assert str(intake.messages) == "7 seen, 2 stored, 1 left out, 4 of what is not kept"
    assert intake.messages.unaccounted == 0
    assert verify(tmp_path / "a.rec").is_whole
    assert [len(one.messages) for one in Recording.open(tmp_path / "a.rec").exchanges()] == [1]


def test_what_does_not_fit_the_queue_is_dropped_and_counted_but_for_ends(tmp_path: Path) -> None:
    waiting = Waiting(Bounds(exchanges=3))
    waiting.offer(SOCKET, Peer())
    for nth in range(1, 6):
        waiting.follow(said(nth, b"hi"))
    waiting.follow(EndLine(of=SOCKET.id, nth=6, ended_s=9.0))
    taken = waiting.take(0.0)
    assert [type(one) for one in taken.offers] == [Offer, MessageLine, MessageLine, EndLine]
    assert (taken.dropped, taken.messages_dropped) == ({}, {FULL_BY_COUNT: 3})


def recorded(out: Path, *texts: bytes) -> Path:
    """A recording, of which nobody has redacted anything."""
    with RecordingWriter(out, upstream="http://up") as writer:
        writer.write(SOCKET)
        for nth, text in enumerate(texts, start=1):
            writer.follow(said(nth, text))
        writer.follow(EndLine(of=SOCKET.id, nth=len(texts) + 1, ended_s=9.0))
    return out


def test_what_escaped_on_a_socket_is_found_in_its_message(tmp_path: Path) -> None:
    out = recorded(tmp_path / "a.rec", b"plain", b'{"password":"hunter2222"}', b'data: {"to":"ada@example.org"}\n\n')
    told = {(escape.where.partition(":")[0], escape.kind) for escape in scan(out)}
    assert told == {
        ("messages-00001.jsonl.zst, line 2, e000001", "private by its name"),
        ("messages-00001.jsonl.zst, line 3, e000001", "e-mail"),
    }


def test_redacted_again_its_messages_stand_within_it(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.rec", b'{"password":"hunter2222"}', b"plain")
    rewrite(source, tmp_path / "b.rec", key=b"key", policy=Policy())
    assert verify(tmp_path / "b.rec").is_whole
    assert list(scan(tmp_path / "b.rec")) == []
    (exchange,) = Recording.open(tmp_path / "b.rec").exchanges()
    assert (len(exchange.messages), exchange.goes_on, exchange.ended_s) == (2, False, 9.0)


def test_a_message_that_is_gone_is_found(tmp_path: Path) -> None:
    out = tmp_path / "a.rec"
    with RecordingWriter(out, upstream="http://up") as writer:
        writer.write(SOCKET)
        for nth in (1, 3):
            writer.follow(said(nth, b"hi"))
    (part,) = verify(out).parts
    assert part.troubles == ("2 messages and ends are missing, of which the counts explain 0",)


def test_in_a_sealed_recording_they_are_sealed_and_joined_under_its_key(tmp_path: Path) -> None:
    key = b"k" * 32
    with RecordingWriter(tmp_path / "a.rec", upstream="http://up", encrypt_key=key) as writer:
        writer.write(SOCKET)
        writer.follow(said(1, b"a message that nobody reads"))
        writer.follow(EndLine(of=SOCKET.id, nth=2, ended_s=9.0))
    assert (tmp_path / "a.rec" / "messages-00001.jsonl.zst").read_bytes().startswith(MAGIC)
    (exchange,) = Recording.open(tmp_path / "a.rec", encrypt_key=key).exchanges()
    assert [one.content.text for one in exchange.messages] == ["a message that nobody reads"]
