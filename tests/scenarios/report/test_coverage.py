from scenarios.report.coverage import matrix
from scenarios.runrecord import Covered


def covered(route: str, kind: str, times: int, link: str = "payments") -> Covered:
    return Covered(route=route, link=link, kind=kind, times=times)


def test_routes_come_by_how_often_they_were_sent_and_links_are_summed() -> None:
    seen = matrix([covered("GET /a", "", 1), covered("GET /b", "slow", 2), covered("GET /b", "slow", 3, link="db")])
    assert seen.routes == ("GET /b", "GET /a")
    assert seen.kinds == ("", "slow")
    assert seen.times == ((0, 5), (1, 0))
    assert (seen.covered, seen.pairs, seen.most) == (2, 4, 5)


def test_no_coverage_is_an_empty_matrix() -> None:
    seen = matrix([])
    assert (seen.routes, seen.pairs, seen.covered, seen.most) == ((), 0, 0, 0)


def test_a_pair_counted_zero_times_is_not_covered() -> None:
    assert matrix([covered("GET /a", "slow", 0), covered("GET /a", "", 1)]).covered == 1
