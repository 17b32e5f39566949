"""What of a plan's calls was in a fault's time. What receipts make of it is in test_truth.py."""

from math import inf

import pytest
from msgspec.structs import replace

from faults.call import Call
from faults.seen import CLOSING_S, RELEASE_S, Seen, broken_in, passed
from faults.span import Span

SPAN = Span(begun_s=1.0, on_s=1.1, off_s=2.0)
CALL = Call(
    link="l",
    ordinal=1,
    connection=1,
    protocol="http/1.1",
    method="GET",
    path="/",
    started_s=0.5,
    asked_s=0.6,
    first_byte_s=1.5,
    ended_s=1.6,
    ended="answered",
)


@pytest.mark.parametrize(
    ("first_byte_s", "ended_s", "did"),
    [
        (1.05, 1.08, False),  # before it was known to be on
        (1.05, 1.2, True),
        (1.5, 1.6, True),
        (2.0 + RELEASE_S / 2, 3.0, True),  # held, and released when it went off
        (2.5, 2.6, False),
        (None, 1.5, True),  # given up while it was held
        (None, None, False),  # still open long after
    ],
)
def test_an_answer_passed_in_a_span_if_any_of_it_came_then(first_byte_s, ended_s, did):
    call = replace(CALL, first_byte_s=first_byte_s, ended_s=ended_s)
    assert passed(call, SPAN, up=False, down=True) is did


def test_a_request_passed_in_a_span_if_any_of_it_went_then():
    assert not passed(CALL, SPAN, up=True, down=False)
    assert passed(replace(CALL, asked_s=1.2), SPAN, up=True, down=False)
    assert not passed(replace(CALL, started_s=2.1, asked_s=2.1), SPAN, up=True, down=False)


def test_what_broke_while_it_was_being_switched_may_be_its_doing():
    assert broken_in(replace(CALL, ended_s=1.05), SPAN)
    assert broken_in(replace(CALL, ended_s=2.0 + CLOSING_S / 2), SPAN)
    assert not broken_in(replace(CALL, ended_s=3.0), SPAN)
    assert not broken_in(replace(CALL, ended_s=None), SPAN)
    assert broken_in(replace(CALL, ended_s=None), replace_end(SPAN, inf))


def replace_end(span: Span, off_s: float) -> Span:
    return Span(span.begun_s, span.on_s, off_s)


def test_the_calls_of_several_spans_come_once_and_in_order():
    calls = [replace(CALL, ordinal=n, started_s=float(n), ended_s=None if n == 2 else n + 0.5) for n in range(1, 9)]
    seen = Seen(Seen.nothing().journal, calls)
    spans = [Span(5.2, 5.2, 6.1), Span(3.1, 3.1, 3.2), Span(3.0, 3.0, 3.3)]
    assert [call.ordinal for call in seen.under_way(spans)] == [2, 3, 5, 6]


def test_calm_is_how_long_those_waited_that_no_fault_took():
    calls = [
        replace(CALL, ordinal=n, started_s=n, asked_s=n, first_byte_s=n + n / 10, ended_s=n + 1) for n in (1, 3, 5)
    ]
    steered = replace(calls[-1], ordinal=9, fault="f")
    assert Seen(Seen.nothing().journal, [*calls, steered], over_all=[Span(4.8, 4.8, 5.2)]).calm_s == pytest.approx(0.2)
