from scenarios.checks.liveness import not_trusting
from scenarios.finding import CheckResult, Verdict


def result(verdict: Verdict) -> CheckResult:
    return CheckResult(
        check="c", verdict=verdict, evaluated=0 if verdict == "unknown" else 3, message="it held on 0 rows"
    )


def test_of_a_system_that_does_not_answer_what_held_is_unknown_and_what_was_seen_stays() -> None:
    held, violated, unknown = not_trusting(
        [result("held"), result("violated"), result("unknown")], "process p has ended"
    )
    assert (held.verdict, held.evaluated) == ("unknown", 0)
    assert held.message == "it held on 0 rows, but process p has ended: it says nothing"
    assert violated == result("violated")
    assert unknown == result("unknown")
