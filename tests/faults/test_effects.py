import pytest
from msgspec.structs import replace

from faults.call import Call
from faults.effects import Exchange, Met, effect, exchange_of_attempt, exchange_of_call, typical_wait_s
from faults.fault import Effect

CALL = Call(
    link="l",
    ordinal=1,
    connection=1,
    protocol="http/1.1",
    method="GET",
    path="/",
    started_s=1.0,
    asked_s=1.5,
    first_byte_s=2.0,
    ended_s=2.1,
    ended="answered",
)


def answered(wait_s: float) -> Exchange:
    return Exchange(ending="answered", wait_s=wait_s)


def test_the_delay_is_what_those_that_were_hit_waited_longer_than_the_others():
    seen = effect(
        [answered(0.31), answered(0.30), answered(0.9)],
        typical_wait_s([answered(0.01), answered(0.02), answered(0.01)]),
    )
    assert seen.delay_ms == pytest.approx(300)
    assert seen.slowest_ms == pytest.approx(900)


def test_without_others_there_is_no_delay_to_tell():
    assert effect([answered(0.3)], typical_wait_s([])).delay_ms is None
    assert effect([Exchange(ending="unanswered")], typical_wait_s([answered(0.1)])).delay_ms is None


def test_how_answers_ended_is_counted():
    endings = ("unanswered", "cut", "cut", "closed", "reset", "refused", "answered")
    seen = effect([Exchange(ending=ending) for ending in endings], typical_wait_s([]))
    assert seen == Effect(unanswered=1, cut=2, closed=1, reset=1, refused=1)
    assert str(seen) == "1 unanswered, 2 cut, 1 closed, 1 reset, 1 refused"


def test_an_effect_is_told_in_words_and_nothing_of_what_was_not_seen():
    assert str(Effect()) == ""
    assert str(Effect(delay_ms=301.6, slowest_ms=400.0, unanswered=3)) == "302 ms later, 3 unanswered"
    assert str(Effect(delay_ms=-0.2)) == ""


def test_a_call_waits_from_the_end_of_its_request():
    assert exchange_of_call(CALL, given_up=False) == answered(0.5)
    assert exchange_of_call(replace(CALL, asked_s=None), given_up=False) == answered(1.0)
    assert exchange_of_call(replace(CALL, first_byte_s=1.2), given_up=False) == answered(0.0)


@pytest.mark.parametrize(
    ("ended", "given_up", "ending"),
    [
        ("open", False, "unanswered"),
        ("closed", True, "unanswered"),
        ("closed", False, "closed"),
        ("reset", True, "reset"),
        ("cut", True, "cut"),
    ],
)
def test_a_call_that_its_client_gave_up_is_unanswered(ended, given_up, ending):
    assert exchange_of_call(replace(CALL, ended=ended), given_up=given_up).ending == ending


@pytest.mark.parametrize(
    ("error", "first_byte_s", "ending"),
    [
        (None, 2.0, "answered"),
        ("timeout", None, "unanswered"),
        ("reset", None, "reset"),
        ("refused: no such host", None, "refused"),
        ("cut", 2.0, "cut"),
        ("cut", None, "closed"),
        ("garbage: x", 2.0, "cut"),
    ],
)
def test_an_attempt_ends_as_the_replayer_met_it(error, first_byte_s, ending):
    met = Met(sent_s=1.0, ended_s=3.0, first_byte_s=first_byte_s, error=error)
    assert exchange_of_attempt(met).ending == ending
