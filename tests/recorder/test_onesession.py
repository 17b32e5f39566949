from recorder.onesession import OneSession
from recorder.sessionlink import SessionLink


def links(recorder: str, *pairs: str, out: str = "") -> list[SessionLink]:
    """'s1:abc' says that session s1 is known by abc; those named in `out` were sampled out."""
    split = (pair.partition(":") for pair in pairs)
    return [SessionLink(f"{recorder}.{session}", identity, session in out.split()) for session, _, identity in split]


def test_what_two_recorders_know_by_the_same_identity_is_one_session() -> None:
    one = OneSession([links("a", "s1:x", "s2:y"), links("b", "s1:y", "s2:z")])
    assert [one.name_of(name) for name in ("a.s1", "a.s2", "b.s1", "b.s2")] == ["a.s1", "a.s2", "a.s2", "b.s2"]


def test_a_session_with_two_identities_joins_what_either_joins() -> None:
    one = OneSession([links("a", "s1:x"), links("b", "s1:y"), links("c", "s1:x", "s1:y")])
    assert {one.name_of(f"{recorder}.s1") for recorder in "abc"} == {"a.s1"}


def test_an_identity_of_two_sessions_at_one_recorder_joins_none() -> None:
    one = OneSession([links("a", "s1:banner", "s2:banner"), links("b", "s1:banner")])
    assert [one.name_of(name) for name in ("a.s1", "a.s2", "b.s1")] == ["a.s1", "a.s2", "b.s1"]


def test_a_session_that_nobody_linked_is_itself() -> None:
    assert OneSession([]).name_of("a.s9") == "a.s9"


def test_a_session_that_one_recorder_kept_and_another_sampled_out_is_a_half() -> None:
    one = OneSession([links("a", "s1:x", "s2:y", out="s2"), links("b", "s1:x", "s2:y", out="s1 s2")])
    assert one.halves == {"a.s1"}
