"""What the demonstration holds a run to: its pure part. The road itself is walked in tests/e2e."""

import msgspec

from replayer.plan import Header, Plan
from scenarios.finding import Finding, LeadTime, Moved
from scenarios.loading import load_scenario
from scenarios.shop.demo import SCENARIO, _forewarned, _shortcomings

CHECKS = [invariant.name for invariant in load_scenario(SCENARIO, {}).invariants]
LEAK = CHECKS[-1]


def moved(signal: str, lead_s: float | None) -> Moved:
    return Moved(signal=signal, source="storefront", kind="metric", moved_at_s=1.0, lead_s=lead_s, how="rose")


def finding(check: str, *signals: Moved) -> Finding:
    lead = LeadTime(
        verdict="WARNED",
        watched=9,
        first_failure_s=2.0,
        first_failure="POST /checkout answered 503",
        moved=signals,
        seen_in="the shaken replay",
    )
    plan = Plan(Header(name="p"), ())
    return Finding(
        key=check, check=check, title=f"broken: {check}", message="m", phase="shake", hits=1, plan=plan, lead=lead
    )


def all_five() -> list[Finding]:
    gauge = moved("storefront metric payments_pool_in_use", 1.5)
    return [finding(check, gauge) if check == LEAK else finding(check) for check in CHECKS]


def test_all_five_with_the_right_early_signal_is_what_it_should_do() -> None:
    assert _shortcomings(all_five(), fixed=False) == []


def test_four_of_the_five_are_enough_and_three_are_not() -> None:
    assert _shortcomings(all_five()[1:], fixed=False) == []
    assert _shortcomings(all_five()[2:], fixed=False) == ["found 3 of the five that are planted; expected at least 4"]


def test_one_check_found_twice_counts_once() -> None:
    twice = [*all_five()[2:], all_five()[2]]
    assert _shortcomings(twice, fixed=False) == ["found 3 of the five that are planted; expected at least 4"]


def test_the_leak_has_to_have_been_forewarned_of() -> None:
    unwarned = [finding(check) for check in CHECKS]
    said = f"no early signal was named for {LEAK!r}; expected one of payments_pool_in_use, timed out"
    assert _shortcomings(unwarned, fixed=False) == [said]
    assert _shortcomings(all_five()[:-1], fixed=False) == [said]


def test_a_signal_warns_only_before_the_failure_and_only_if_it_is_the_leaks() -> None:
    assert _forewarned(finding(LEAK, moved('storefront log WARN "payment attempt <*> timed out"', 0.5)))
    assert not _forewarned(finding(LEAK, moved("storefront metric payments_pool_in_use", -0.5)))
    assert not _forewarned(finding(LEAK, moved("storefront metric payments_pool_in_use", None)))
    assert not _forewarned(finding(LEAK, moved("storefront metric requests_total", 0.5)))
    assert not _forewarned(msgspec.structs.replace(finding(LEAK), lead=None))


def test_the_mended_shop_should_give_nothing_and_everything_it_gives_is_said() -> None:
    assert _shortcomings([], fixed=True) == []
    assert _shortcomings([finding(CHECKS[0])], fixed=True) == [
        f"the mended shop should give no finding, and gave: broken: {CHECKS[0]}"
    ]
