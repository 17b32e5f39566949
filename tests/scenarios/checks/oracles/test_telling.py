"""One result for each route, the worst of what was seen, and none of nothing."""

from scenarios.checks.oracles.telling import Telling


def test_the_worst_of_a_route_is_told_with_all_that_was_looked_at():
    telling = Telling("ghost")
    telling.held("GET /b")
    telling.violated("GET /a", "it was there", {"id": 1})
    telling.held("GET /a")
    telling.unknown("GET /b", "it was cut")
    one, other = telling.results()
    assert (one.check, one.verdict, one.evaluated, one.observed) == ("ghost: GET /a", "violated", 2, {"id": 1})
    assert (other.check, other.verdict, other.evaluated, other.message) == ("ghost: GET /b", "unknown", 0, "it was cut")


def test_nothing_looked_at_is_nothing_told():
    assert Telling("ghost").results() == ()
