from collections.abc import Callable

import pytest

from replayer.outcome import Answer, Attempt
from replayer.plan import Retry, Step
from replayer.retrying import Again, Retrying, Tried, retry_after_s

Make = Callable[..., Step]
NOW_S = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


def attempt(met: str | int | None, why: str = "first", *, went_out: bool = True) -> Attempt:
    """One that was answered with a status, or ended with an error."""
    said = {"status": met} if isinstance(met, int) else {"error": met}
    return Attempt(sent_s=0.0, ended_s=1.0, why=why, went_out=went_out, **said)  # type: ignore[arg-type]


def tried(step: Step, *met: str | int, went_out: bool = True, **headers: str) -> Tried:
    attempts = [attempt(one, "first" if not index else "retry", went_out=went_out) for index, one in enumerate(met)]
    status = attempts[-1].status
    answer = Answer(status=status, headers=tuple(headers.items())) if status else None
    return Tried(step, attempts, answer)


def policy(backoff: str = "fixed", **more: object) -> Retrying:
    return Retrying(Retry(backoff=backoff, **more), seed=7)  # type: ignore[arg-type]


@pytest.mark.parametrize("met", ["timeout", "reset", "cut", "refused", "refused: unknown host", 429, 502, 503, 504])
def test_what_came_to_nothing_is_tried_again(step: Make, met: str | int) -> None:
    assert policy().again(tried(step("s1", method="GET"), met), NOW_S) == Again(0.1, "retry")


@pytest.mark.parametrize("met", [200, 304, 404, 500, "garbage: x"])
def test_everything_else_is_as_it_is(step: Make, met: str | int) -> None:
    assert policy().again(tried(step("s1", method="GET"), met), NOW_S) is None


def test_the_statuses_and_errors_are_the_users_choice(step: Make) -> None:
    chosen = policy(on=(500, "garbage"))
    assert chosen.again(tried(step("s1", method="GET"), 500), NOW_S)
    assert chosen.again(tried(step("s1", method="GET"), "garbage: x"), NOW_S)
    assert chosen.again(tried(step("s1", method="GET"), 503), NOW_S) is None


def test_without_a_policy_nothing_is_tried_again(step: Make) -> None:
    assert Retrying(Retry(), 7).again(tried(step("s1", method="GET"), "reset"), NOW_S) is None


def test_it_ends_with_the_attempts_allowed(step: Make) -> None:
    get = step("s1", method="GET")
    assert policy(attempts=3).again(tried(get, 503, 503), NOW_S)
    assert policy(attempts=3).again(tried(get, 503, 503, 503), NOW_S) is None


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_do_the_thing_twice_is_repeated_only_where_that_is_allowed_or_it_never_went_out(
    step: Make, method: str
) -> None:
    unsafe = step("s1", method=method)
    assert policy().again(tried(unsafe, 503), NOW_S) is None
    assert policy(unsafe=True).again(tried(unsafe, 503), NOW_S)
    assert policy().again(tried(unsafe, "refused", went_out=False), NOW_S)


def test_an_exponential_pause_is_drawn_below_a_bound_that_doubles_up_to_the_most(step: Make) -> None:
    get = [step(f"s{number}", method="GET") for number in range(400)]
    for made, bound_s in ((1, 0.1), (2, 0.2), (4, 0.8), (6, 1.5)):
        made_so_far = [tried(one, *[503] * made) for one in get]
        again = [policy("exponential", attempts=9, most_s=1.5).again(each, NOW_S) for each in made_so_far]
        pauses = [each.pause_s for each in again if each]
        assert 0.9 * bound_s < max(pauses) < bound_s
        assert min(pauses) < 0.1 * bound_s
        assert sum(pauses) / 400 == pytest.approx(bound_s / 2, rel=0.15)


def test_a_pause_depends_on_seed_step_and_attempt_alone(step: Make) -> None:
    one, other = step("s1", method="GET"), step("s2", method="GET")
    first = policy("exponential")
    first.again(tried(other, 503), NOW_S)
    assert first.again(tried(one, 503), NOW_S) == policy("exponential").again(tried(one, 503), NOW_S)
    assert first.again(tried(one, 503, 503), NOW_S) != first.again(tried(one, 503), NOW_S)


def test_a_retry_after_is_the_least_pause_and_beyond_the_most_the_client_gives_up(step: Make) -> None:
    get = step("s1", method="GET")
    assert policy().again(tried(get, 503, **{"Retry-After": "2"}), NOW_S) == Again(2.0, "retry")
    assert policy(pause_s=3.0).again(tried(get, 503, **{"Retry-After": "2"}), NOW_S) == Again(3.0, "retry")
    assert policy(most_s=10.0).again(tried(get, 503, **{"Retry-After": "11"}), NOW_S) is None


@pytest.mark.parametrize(
    ("said", "date", "expected_s"),
    [
        ("120", None, 120.0),
        (" 0 ", None, 0.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", None, 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", None, 10.0),
        ("Sun Nov  6 08:49:47 1994", None, 10.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", None, 0.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:45 GMT", 2.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "yesterday", 10.0),
        ("soon", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("", None, None),
        ("²", None, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(said: str, date: str | None, expected_s: float | None) -> None:
    headers = (("Retry-After", said), *((("Date", date),) if date else ()))
    assert retry_after_s(Answer(status=503, headers=headers), NOW_S) == expected_s


def test_retries_are_at_most_ten_and_the_budgets_share_of_the_steps_sent(step: Make) -> None:
    retrying = policy(budget=0.1)
    made = 0
    for number in range(100):
        retrying.sent += 1
        made += retrying.again(tried(step(f"s{number}", method="GET"), 503), NOW_S) is not None
    assert made == 20


@pytest.mark.parametrize("met", ["timeout", "reset", "cut"])
def test_a_lost_answer_is_asked_for_again_once_at_once_and_whatever_the_method(step: Make, met: str) -> None:
    retrying = Retrying(Retry(redeliver=True, budget=0.0), 7)
    post = step("s1", method="POST")
    assert retrying.again(tried(post, met), NOW_S) == Again(0.0, "redelivery")
    twice = Tried(post, [attempt(met), attempt(met, "redelivery")], None)
    assert retrying.again(twice, NOW_S) is None


@pytest.mark.parametrize(("met", "went_out"), [(503, True), (200, True), ("refused", False), ("timeout", False)])
def test_what_was_answered_or_never_went_out_is_not_redelivered(step: Make, met: str | int, went_out: bool) -> None:
    assert Retrying(Retry(redeliver=True), 7).again(tried(step("s1"), met, went_out=went_out), NOW_S) is None


def test_after_a_redelivery_the_policy_goes_on(step: Make) -> None:
    retrying = policy(redeliver=True)
    get = step("s1", method="GET")
    twice = Tried(get, [attempt("reset"), attempt("reset", "redelivery")], None)
    assert retrying.again(twice, NOW_S) == Again(0.1, "retry")
