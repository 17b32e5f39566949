"""The stop rule: the share of answers that are not ok, of those that ended lately, for the whole of the time said."""

import pytest

from replayer.outcome import Answer, Fate, Outcome
from scenarios.scenario import Stop
from scenarios.stopping import LEAST_ANSWERS, Stopping


class Shaken:
    """Answers that end at instants of a clock of their own."""

    def __init__(self, failing: str = "80%", for_: str = "5s") -> None:
        self.now_s = 0.0
        self.stopping = Stopping(Stop(failing=failing, for_=for_), lambda: self.now_s)

    def ends(self, at_s: float, fate: Fate | None) -> str | None:
        self.now_s = at_s
        return self.stopping.meet(Outcome(step="s", session="v", route="GET /", due_s=at_s, fate=fate))

    def every_100_ms(self, fate: Fate, from_s: float, until_s: float) -> list[tuple[float, str]]:
        """When it spoke, and what it said."""
        instants = [from_s + number / 10 for number in range(round((until_s - from_s) * 10))]
        return [(at_s, said) for at_s in instants if (said := self.ends(at_s, fate))]


def test_answers_that_are_ok_never_stop_it() -> None:
    assert Shaken().every_100_ms("ok", 0, 60) == []


def test_all_failing_from_the_first_answer_stops_it_when_the_time_is_full() -> None:
    spoke = Shaken().every_100_ms("unknown", 2, 9)
    assert spoke[0][0] == pytest.approx(7)
    assert spoke[0][1] == (
        "51 of the 51 answers of the last 5.0 s were not ok (0 failed, 51 unknown); the scenario stops at 80%"
    )


def test_a_refusal_that_was_recorded_too_is_as_it_should_be() -> None:
    shaken = Shaken()
    refused = Outcome(
        step="s", session="v", route="GET /", due_s=0.0, fate="failed", answer=Answer(status=404), recorded_status=404
    )
    for number in range(100):
        shaken.now_s = number / 10
        assert shaken.stopping.meet(refused) is None


def test_what_was_ok_before_counts_until_it_is_too_long_ago() -> None:
    shaken = Shaken()
    assert shaken.every_100_ms("ok", 0, 10) == []
    spoke = shaken.every_100_ms("failed", 10, 20)
    assert spoke[0][0] == pytest.approx(14, abs=0.11)  # 80 % of the last five seconds


def test_a_share_below_the_limit_never_stops_it_and_one_at_the_limit_does() -> None:
    fates: tuple[Fate, ...] = ("unknown", "unknown", "ok")
    shaken = Shaken("71%")
    assert [shaken.ends(number / 10, fates[number % 3]) for number in range(200)] == [None] * 200
    shaken = Shaken("50%")
    assert any(shaken.ends(number / 10, ("ok", "failed")[number % 2]) for number in range(200))


def test_too_few_answers_say_nothing_of_a_share() -> None:
    shaken = Shaken(for_="5s")
    assert [shaken.ends(float(at_s), "unknown") for at_s in range(60)] == [None] * 60
    shaken = Shaken(for_="9s")
    said = [shaken.ends(float(at_s), "unknown") for at_s in range(LEAST_ANSWERS)]
    assert said[:-1] == [None] * (LEAST_ANSWERS - 1)
    assert said[-1] is not None


def test_what_was_never_sent_is_no_answer() -> None:
    shaken = Shaken()
    assert [shaken.ends(number / 10, None) for number in range(200)] == [None] * 200


def test_the_sentence_counts_both_ways_of_not_being_ok() -> None:
    shaken = Shaken("100%", "1s")
    said = [shaken.ends(number / 10, ("failed", "unknown")[number % 2]) for number in range(11)]
    assert said[-1] == (
        "11 of the 11 answers of the last 1.0 s were not ok (6 failed, 5 unknown); the scenario stops at 100%"
    )
