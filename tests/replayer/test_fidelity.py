import pytest

from replayer.fidelity import Fidelity, Spread


def late(p99_s: float) -> Fidelity:
    return Fidelity(sent=100, lateness=Spread(p50_s=0.0, p99_s=p99_s, max_s=p99_s))


def test_a_replay_is_trusted_up_to_its_bound_and_doubted_beyond_it_with_the_figures() -> None:
    assert late(0.05).doubt(0.05) is None
    doubt = late(0.3).doubt(0.05)
    assert doubt is not None
    assert "300 ms late" in doubt
    assert "more than the 50 ms" in doubt


def test_where_nothing_was_sent_nothing_was_late() -> None:
    assert Fidelity().doubt(0.0) is None
    assert Fidelity().rate_error is None


def test_the_error_of_the_rate_is_told_as_a_share_of_what_was_asked() -> None:
    assert Fidelity(asked_per_s=100.0, kept_per_s=75.0).rate_error == pytest.approx(-0.25)
