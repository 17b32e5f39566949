import msgspec
import pytest

from replayer.plan import Header, Plan
from scenarios.finding import Evidence, Finding
from scenarios.report.searched import once, power, speed, suspicions
from scenarios.runrecord import Detectable, Search, Suspicion

SEARCH = Search(seed=1, instances=4, executions=150, minimising=60, evidence=30, took_s=60.0)


def _detectable(route: str, under: str, executions: int, odds: float) -> Detectable:
    return Detectable(route=route, under=under, executions=executions, odds=odds)


def _suspicion(oracle: str) -> Suspicion:
    return Suspicion(
        check=f"{oracle}: POST /a", oracle=oracle, why="its control violates it as well", steps=3, fails=1, of=1,
        control_fails=3, control_of=3,
    )  # fmt: skip


def test_speed_counts_every_execution_of_the_search_and_of_its_cases() -> None:
    assert speed(SEARCH) == "4.0 executions a second"
    assert speed(msgspec.structs.replace(SEARCH, took_s=0.0)) == ""


def test_power_is_told_for_each_way_that_routes_were_exercised_in_and_where_it_is_short() -> None:
    search = msgspec.structs.replace(
        SEARCH,
        power=(
            _detectable("POST /a", "alone", 60, 0.04),
            _detectable("POST /a", "at once", 50, 0.045),
            _detectable("POST /b", "at once", 4, 0.44),
            _detectable("POST /c", "at once", 5, 0.37),
        ),
    )
    assert power(search) == (
        "a defect that shows in 5 % of executions would have been found with 90 %: alone on 1 of 1 route; "
        "at once on 1 of 3 routes (POST /b only from 44 % on)"
    )


def test_where_nothing_could_be_judged_no_power_is_told() -> None:
    assert power(SEARCH) == ""


@pytest.mark.parametrize(
    ("oracles", "said"),
    [
        ([], ""),
        (["ghost"], "1 suspicion did not stand up to its control: 1 of ghost"),
        (["ghost", "leak", "leak"], "3 suspicions did not stand up to their controls: 2 of leak and 1 of ghost"),
    ],
)
def test_dropped_suspicions_are_one_line(oracles: list[str], said: str) -> None:
    assert suspicions(msgspec.structs.replace(SEARCH, dropped=tuple(map(_suspicion, oracles)))) == said


def test_what_is_not_proven_is_told_with_the_runs_it_was_looked_for_in() -> None:
    never = Evidence(fails=0, of=80, control_fails=0, control_of=0, p_value=1.0)
    seldom = Evidence(fails=2, of=280, control_fails=0, control_of=280, p_value=0.25, low=0.002, high=0.026)
    finding = Finding(key="k", check="c", title="a state", message="m", phase="explore", hits=1,
                      plan=Plan(Header(name="p"), ()), evidence=never)  # fmt: skip
    assert once([finding, msgspec.structs.replace(finding, evidence=seldom)]) == [
        "a state: seen once, and not again in 80 runs of its plan",
        "a state: seen in 2 of 280 runs (0-3 %), its control in none of 280: too seldom to tell it from chance",
    ]
