from collections.abc import Callable
from typing import Any

import pytest

from recorder.exchange import Exchange
from replayer.traffic.account import Account
from replayer.traffic.folding import MOST_HELD, folded

Make = Callable[..., Exchange]
PAY: dict[str, Any] = {"line": "POST /pay", "body": b'{"amount": 5}'}


def told(*exchanges: Exchange) -> list[tuple[float, int, int | None]]:
    """(started, attempts, status of the last answer) of each step."""
    return [
        (each.started_s, attempts, each.response.status if each.response else None)
        for each, attempts in folded(exchanges, Account())
    ]


def test_a_request_sent_again_soon_after_it_failed_is_an_attempt_of_it(exchange: Make) -> None:
    account = Account()
    first, second = exchange(0.0, 1.0, status=503, **PAY), exchange(1.2, 1.5, status=None, **PAY)
    third = exchange(2.0, 2.5, status=201, closes=True, said=b"done", **PAY)
    after = exchange(9.0, status=200)
    (one, other) = folded([first, second, third, after], account)
    assert (one.attempts, other.attempts) == (3, 1)
    assert (one.exchange.started_s, one.exchange.ended_s, one.exchange.closes) == (0.0, 2.5, True)
    assert one.exchange.response == third.response
    assert one.exchange.error is None
    assert account.folded == 2


@pytest.mark.parametrize("status", [None, 429, 500, 502, 503, 504])
def test_what_clients_retry_is_no_answer_too_many_requests_and_every_5xx(exchange: Make, status: int | None) -> None:
    assert told(exchange(0.0, status=status, **PAY), exchange(1.0, **PAY)) == [(0.0, 2, 200)]


@pytest.mark.parametrize("status", [200, 201, 302, 400, 401, 404, 409])
def test_two_equal_requests_of_which_the_first_was_answered_are_two(exchange: Make, status: int) -> None:
    assert [attempts for _, attempts, _ in told(exchange(0.0, status=status, **PAY), exchange(1.0, **PAY))] == [1, 1]


def test_two_equal_posts_that_both_succeeded_are_two_even_with_one_idempotency_key(exchange: Make) -> None:
    headers = [("Idempotency-Key", "k1")]
    pair = exchange(0.0, headers=headers, **PAY), exchange(1.0, headers=headers, **PAY)
    assert [attempts for _, attempts, _ in told(*pair)] == [1, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"session": "b", **PAY},
        {**PAY, "line": "PUT /pay"},
        {**PAY, "line": "POST /pay?again=1"},
        {**PAY, "body": b'{"amount": 6}'},
        {**PAY, "headers": [("Idempotency-Key", "k2")]},
        {**PAY, "headers": [("Authorization", "Bearer other")]},
        {**PAY, "headers": [("Cookie", "sid=2")]},
    ],
)
def test_another_session_method_target_body_key_or_identity_is_another_request(
    exchange: Make, other: dict[str, Any]
) -> None:
    assert [attempts for _, attempts, _ in told(exchange(0.0, status=503, **PAY), exchange(1.0, **other))] == [1, 1]


def test_what_comes_long_after_the_failure_is_another_request(exchange: Make) -> None:
    assert len(told(exchange(0.0, status=503, **PAY), exchange(6.0, **PAY))) == 2
    asked = exchange(0.0, status=503, answered=[("Retry-After", "20")], **PAY)
    assert len(told(asked, exchange(21.0, **PAY))) == 1


def test_pauses_may_grow_as_backoffs_do(exchange: Make) -> None:
    starts_s = [0.0, 1.1, 4.2, 11.3]
    assert told(*(exchange(at_s, status=503, **PAY) for at_s in starts_s)) == [(0.0, 4, 503)]


def test_one_that_began_before_the_first_had_failed_is_no_retry(exchange: Make) -> None:
    assert len(told(exchange(0.0, 2.0, status=503, **PAY), exchange(1.0, **PAY))) == 2


def test_a_poll_is_no_retry_whatever_it_meets(exchange: Make) -> None:
    statuses = [200, 503, 200, 200, 503, 200]
    assert len(told(*(exchange(float(at_s), status=status) for at_s, status in enumerate(statuses)))) == 6
    assert len(told(exchange(0.0, status=503), exchange(1.0), exchange(2.0), exchange(3.0))) == 4


def test_an_idempotency_key_says_that_it_is_one_request_however_often(exchange: Make) -> None:
    headers = [("idempotency-key", "k1")]
    statuses = [200, 503, 200]
    sent = [exchange(float(at_s), status=status, headers=headers, **PAY) for at_s, status in enumerate(statuses)]
    assert told(*sent) == [(0.0, 1, 200), (1.0, 2, 200)]


def test_a_write_between_gives_the_second_one_a_meaning_of_its_own(exchange: Make) -> None:
    between = exchange(0.5, line="DELETE /basket")
    assert len(told(exchange(0.0, status=503, **PAY), between, exchange(1.0, **PAY))) == 3
    looked = exchange(0.5, line="GET /basket")
    assert len(told(exchange(0.0, status=503, **PAY), looked, exchange(1.0, **PAY))) == 2


def test_the_order_of_starts_is_kept_and_what_follows_a_failure_waits_for_its_retries(exchange: Make) -> None:
    sent = [exchange(0.0, status=503, **PAY), exchange(0.2, session="b"), exchange(1.0, **PAY), exchange(1.1)]
    assert [started_s for started_s, _, _ in told(*sent)] == [0.0, 0.2, 1.1]


def test_not_more_are_held_than_the_bound_and_that_is_counted(exchange: Make) -> None:
    account = Account()
    crowd = (exchange(0.2 + n / 10_000, session=f"s{n}") for n in range(MOST_HELD + 10))
    stream = folded([exchange(0.0, status=503, **PAY), *crowd, exchange(1.5, **PAY)], account)
    assert next(stream).attempts == 1
    assert sum(attempts for _, attempts in stream) == MOST_HELD + 11
    assert account.doubtful == 1
