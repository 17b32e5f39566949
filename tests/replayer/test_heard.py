from pytest import MonkeyPatch

from replayer import heard
from replayer.heard import Heard, Source, Speech
from replayer.place import parse_place


def source(step: str, session: str, *, written: bool = True) -> Source:
    return Source(Speech(step, session, 1, "/x", written, b""), parse_place("json:$.id"), (), "")


def test_a_session_has_its_own_sources_and_everyone_the_first() -> None:
    memory = Heard()
    memory.add("token-1234", source("s1", "a"))
    memory.add("token-1234", source("s2", "b"))
    assert [found.speech.step for found in memory.own("b", "token-1234")] == ["s2"]
    first = memory.first("token-1234")
    assert first is not None
    assert first.speech.step == "s1"
    assert memory.own("c", "token-1234") == []


def test_what_a_client_said_first_has_no_source() -> None:
    memory = Heard()
    memory.sent("a", ["token-1234", ("order", "7")])
    memory.add("token-1234", source("s1", "b"))
    memory.add(("order", "7"), source("s1", "a"))
    assert memory.first("token-1234") is None
    assert memory.own("a", ("order", "7")) == []
    memory.add(("order", "7"), source("s2", "b"))  # a small id that another session asked for may come to be
    assert memory.own("b", ("order", "7")) != []


def test_a_small_id_that_two_writes_made_in_two_sessions_is_nobodys_else() -> None:
    memory = Heard()
    memory.add(("order", "7"), source("s1", "a"))
    assert memory.made(("order", "7")) is not None
    memory.add(("order", "7"), source("s2", "b", written=False))
    assert memory.made(("order", "7")) is not None
    memory.add(("order", "7"), source("s3", "b"))
    assert memory.made(("order", "7")) is None


def test_memory_is_bounded_and_what_is_forgotten_is_counted(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "_VALUES", 100)
    memory = Heard()
    for number in range(1000):
        memory.add(f"value-{number}", source(f"s{number}", f"session {number // 10}"))
    assert memory.own("session 0", "value-1") == []
    assert memory.own("session 99", "value-999") != []
    assert memory.first("value-1") is None
    assert memory.forgotten >= 1800
    for number in range(1000):
        memory.add(f"other-{number}", source(f"s{number}", "only"))
    assert memory.own("only", "other-0") == []
    assert memory.own("only", "other-999") != []
    memory.sent("a", [f"mine-{number}" for number in range(200)])
    assert memory.forgotten >= 3700


def test_bodies_with_lists_are_kept_while_there_is_room(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "_BODIES_BYTES", 100)
    memory = Heard()
    speeches = [source(f"s{number}", "a").speech for number in range(4)]
    for speech in speeches:
        memory.keep_body(speech, b"x" * 40)
    assert [len(speech.body) for speech in speeches] == [0, 0, 40, 40]
