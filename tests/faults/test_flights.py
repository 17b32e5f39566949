import re

import pytest
from msgspec.structs import replace

from faults.call import Call
from faults.flights import MOST, Flights, traceparent

CALL = Call(link="l", ordinal=1, connection=1, protocol="http/1.1", method="GET", path="/", started_s=0.0)


@pytest.fixture
def flights() -> Flights:
    """s1 from 1 s to 3 s, s2 from 2 s to 4 s."""
    flights = Flights(seed=7)
    flights.begin("s1", 1.0)
    flights.begin("s2", 2.0)
    flights.end("s1", 3.0)
    flights.end("s2", 4.0)
    return flights


def test_a_trace_is_the_same_in_every_run_of_the_plan_and_differs_by_seed_step_and_attempt():
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent(7, "s1", 1))
    assert traceparent(7, "s1", 1) == traceparent(7, "s1", 1)
    others = {traceparent(7, "s1", 1), traceparent(8, "s1", 1), traceparent(7, "s2", 1), traceparent(7, "s1", 2)}
    assert len(others) == 4


def test_a_call_that_carries_a_steps_trace_is_that_steps_whenever_it_came(flights):
    name, value = flights.header("s1", 2)
    assert name == "traceparent"
    (call,) = flights.attributed([replace(CALL, started_s=99.0, trace=value.split("-")[1])])
    assert (call.step, call.by) == ("s1", "traceparent")


@pytest.mark.parametrize(("t_s", "step"), [(1.0, "s1"), (1.9, "s1"), (3.5, "s2"), (4.0, "s2")])
def test_a_call_without_a_trace_is_the_only_step_in_flights(flights, t_s, step):
    (call,) = flights.attributed([replace(CALL, started_s=t_s)])
    assert (call.step, call.by) == (step, "time")


@pytest.mark.parametrize("t_s", [0.5, 2.5, 4.1])
def test_with_no_step_in_flight_or_two_nobody_can_say_whose_it_is(flights, t_s):
    (call,) = flights.attributed([replace(CALL, started_s=t_s)])
    assert (call.step, call.by) == (None, None)


def test_a_foreign_trace_is_told_by_time(flights):
    (call,) = flights.attributed([replace(CALL, started_s=1.5, trace="f" * 32)])
    assert (call.step, call.by) == ("s1", "time")


def test_a_step_that_has_not_ended_is_in_flight_still():
    flights = Flights(seed=1)
    flights.begin("s1", 1.0)
    assert flights.in_flight == ("s1",)
    (call,) = flights.attributed([replace(CALL, started_s=9.0)])
    assert call.step == "s1"


def test_a_long_step_among_many_short_ones_is_found():
    flights = Flights(seed=1)
    flights.begin("long", 0.0)
    for number in range(100):
        flights.begin(f"s{number}", number)
        flights.end(f"s{number}", number + 0.1)
    flights.end("long", 200.0)
    (call,) = flights.attributed([replace(CALL, started_s=150.0)])
    assert call.step == "long"


def test_what_is_remembered_is_bounded():
    flights = Flights(seed=1)
    for number in range(2 * MOST + 1):
        flights.begin(f"s{number}", number)
        flights.end(f"s{number}", number + 0.5)
    first, last = flights.attributed([replace(CALL, started_s=0.1), replace(CALL, started_s=2 * MOST + 0.1)])
    assert first.step is None
    assert last.step == f"s{2 * MOST}"


def test_the_steps_of_a_while_are_those_in_flight_at_some_time_of_it():
    flights = Flights(1)
    for step, begun_s, ended_s in (("s1", 0.0, 1.0), ("s2", 0.5, 3.0), ("s3", 2.0, 2.5)):
        flights.begin(step, begun_s)
        flights.end(step, ended_s)
    flights.begin("s4", 4.0)
    assert flights.during(0.2, 0.4) == ("s1",)
    assert flights.during(1.5, 2.2) == ("s2", "s3")
    assert flights.during(3.5, 9.0) == ("s4",)
    assert flights.during(3.2, 3.9) == ()
