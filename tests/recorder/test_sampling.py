import pytest

from recorder.sampling import Sampler, Share
from recorder.session import Session


def test_the_share_of_the_sessions_is_about_what_was_asked() -> None:
    share = Share.parse("10%")
    assert 900 < sum(share.draws(f"client {n}", b"key") for n in range(10_000)) < 1100


def test_recorders_with_one_key_agree_and_a_larger_share_holds_the_smaller() -> None:
    clients = [f"client {n}" for n in range(1000)]
    some = {one for one in clients if Share(0.1).draws(one, b"key")}
    assert some == {one for one in clients if Share(0.1).draws(one, b"key")}
    assert some < {one for one in clients if Share(0.3).draws(one, b"key")}
    assert some != {one for one in clients if Share(0.1).draws(one, b"another key")}


def test_a_decision_stays_with_its_session() -> None:
    session = Session("s1", "client")
    decided = Sampler(Share(0.5), b"key").keeps(session)
    session.identity = "of which it is learnt later"
    assert Sampler(Share(0.0001 if decided else 0.9999), b"key").keeps(session) == decided


@pytest.mark.parametrize(("text", "fraction"), [("10%", 0.1), ("0.25", 0.25), ("100%", 1.0), ("0.5%", 0.005)])
def test_a_share_is_read_as_people_write_it(text: str, fraction: float) -> None:
    assert Share.parse(text).fraction == pytest.approx(fraction)


@pytest.mark.parametrize("text", ["", "0%", "101%", "2", "-1%", "some"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a share of the sessions such as '10%'"):
        Share.parse(text)
