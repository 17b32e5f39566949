from pathlib import Path

import pytest

from faults.fault import Window
from foreshock.errors import UsageError
from scenarios.faultplan import faults_of, single_faults
from scenarios.scenario import FaultAt, FaultEntry, FaultNth, FaultWindow, Scenario


def scenario(*faults: FaultEntry) -> Scenario:
    return Scenario(file=Path("shop.yaml"), version=1, name="shop", target="http://127.0.0.1:1", faults=faults)


SLOW = FaultEntry(link="payments", kind="slow", args={"latency_ms": 300})


def repeated(every: str, for_: str = "300ms", from_: str = "20%") -> FaultEntry:
    return FaultEntry(id="f", link="l", kind="stall", window=FaultWindow(from_=from_, for_=for_), every=every)


def test_every_repeats_the_window_until_the_run_ends() -> None:
    faults = faults_of(scenario(repeated("2s")), 10.0)
    assert [fault.id for fault in faults] == ["f#1", "f#2", "f#3", "f#4"]
    spans = [fault.window.span_s(10.0) for fault in faults if fault.window]
    assert spans == [pytest.approx((start, start + 0.3)) for start in (2, 4, 6, 8)]


def test_a_window_that_is_longer_than_its_repeat_on_this_run_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"shop\.yaml: fault 'f': window\.for='50%' is 5\.0 s here; expected less than"
    ):
        faults_of(scenario(repeated("2s", for_="50%")), 10.0)


def test_what_has_no_time_to_grow_on_this_run_is_refused() -> None:
    growing = FaultEntry(id="f", link="l", kind="brownout", args={"latency_ms": 1000})
    assert [fault.kind for fault in faults_of(scenario(growing), 10.0)] == ["brownout"]
    with pytest.raises(UsageError) as refused:
        faults_of(scenario(growing), 1.5)
    assert str(refused.value) == (
        "shop.yaml: fault 'f': brownout: its 1.5 s are too short to grow to a delay of 1.0 s; "
        "expected at least twice that"
    )


def test_repeats_without_number_are_refused() -> None:
    with pytest.raises(UsageError, match="repeats 8000 times here; expected at most 1000"):
        faults_of(scenario(repeated("1ms", for_="1us")), 10.0)


def test_a_fault_without_a_place_lasts_the_whole_run() -> None:
    assert single_faults((SLOW,))[0].window == Window(from_="0%", for_="100%")


def test_ids_are_made_from_link_and_kind_and_never_twice() -> None:
    named = FaultEntry(id="payments-slow", link="edge", kind="stall")
    assert [fault.id for fault in single_faults((SLOW, named, SLOW))] == [
        "payments-slow-2",
        "payments-slow",
        "payments-slow-3",
    ]


def test_places_at_steps_and_at_the_nth_request_are_kept() -> None:
    at, nth = single_faults(
        (
            FaultEntry(link="l", kind="stall", at=FaultAt(while_="s3")),
            FaultEntry(link="l", kind="stall", nth=FaultNth(n=2, route="POST /orders/{id}", attempt=2)),
        )
    )
    assert at.at is not None and at.at.while_ == "s3"
    assert nth.nth is not None and (nth.nth.n, nth.nth.route, nth.nth.attempt) == (2, "POST /orders/{id}", 2)
