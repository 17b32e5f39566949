from pathlib import Path
from typing import Any

import msgspec
import pytest

from faults.fault import Ramp, Window
from foreshock.errors import UsageError
from scenarios.faultplan import cut_windows, edge_of, faults_of, single_faults
from scenarios.scenario import FaultAt, FaultEntry, FaultNth, FaultRamp, FaultWindow, Scenario


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
        UsageError, match=r"shop\.yaml: faults\[0\]: fault 'f': window\.for='50%' is 5\.0 s here; expected less than"
    ):
        faults_of(scenario(repeated("2s", for_="50%")), 10.0)


def test_what_has_no_time_to_grow_on_this_run_is_refused() -> None:
    growing = FaultEntry(id="f", link="l", kind="brownout", args={"latency_ms": 1000})
    assert [fault.kind for fault in faults_of(scenario(growing), 10.0)] == ["brownout"]
    with pytest.raises(UsageError) as refused:
        faults_of(scenario(growing), 1.5)
    assert str(refused.value) == (
        "shop.yaml: faults[0]: fault 'f': brownout: its 1.5 s are too short to grow step by step; "
        "expected at least '2000ms'"
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


def windowed(from_: str, for_: str = "100%", **more: Any) -> FaultEntry:
    window = FaultWindow(from_=from_, for_=for_)
    return FaultEntry(id="f", link="l", kind="slow", args={"latency_ms": 5}, window=window, **more)


def test_what_takes_a_fraction_or_ramps_is_kept() -> None:
    entry = windowed("0%", "5s", fraction=0.2, per="connection", seed=9, ramp=FaultRamp(up="1s", steps=4))
    (fault,) = faults_of(scenario(entry), 10.0)
    assert (fault.fraction, fault.per, fault.seed) == (0.2, "connection", 9)
    assert fault.ramp == Ramp(up="1s", steps=4)


def test_a_window_that_begins_when_the_run_is_over_is_refused_at_its_line(tmp_path: Path) -> None:
    told = "fault 'f': window.from='12s' is at or past the end of the run, which lasts 10.0 s; expected an earlier one"
    with pytest.raises(UsageError, match=rf"^shop\.yaml: faults\[0\]: {told}"):
        faults_of(scenario(windowed("12s")), 10.0)
    file = tmp_path / "shop.yaml"
    file.write_text("version: 1\n\nfaults:\n  - {link: l}\n")
    with pytest.raises(UsageError, match=rf"shop\.yaml:4: faults\[0\]: {told}"):
        faults_of(msgspec.structs.replace(scenario(windowed("12s")), file=file), 10.0)


def test_a_window_that_is_longer_than_the_run_ends_with_it_and_that_is_said() -> None:
    whole, late, repeats = windowed("20%"), windowed("8s", "5s"), repeated("2s")
    assert cut_windows(scenario(whole), 10.0) == ()
    assert cut_windows(scenario(repeats), 10.1) == ()
    assert cut_windows(scenario(late), 13.0) == ()
    (said,) = cut_windows(scenario(late), 10.0)
    assert said == "fault 'f' from 8.0 s to 13.0 s is cut at the run's end, 10.0 s"
    assert len(faults_of(scenario(late), 10.0)) == 1


def test_a_ramp_down_to_the_end_ends_where_the_run_does() -> None:
    (fault,) = faults_of(scenario(windowed("20%", ramp=FaultRamp(down="3s", steps=2))), 10.0)
    assert fault.window == Window(from_="20%", for_="8.000000s")


def test_windows_that_meet_only_on_a_run_of_this_length_are_refused_there() -> None:
    down = FaultEntry(id="out", link="l", kind="down", window=FaultWindow(from_="2s", for_="1s"))
    plan = scenario(windowed("50%", "10%"), down)
    assert len(faults_of(plan, 100.0)) == 2
    with pytest.raises(
        UsageError, match=r"faults\[1\]: 'out' on link l and 'f' on link l from 2\.5 s to 3\.0 s: they can"
    ):
        faults_of(plan, 5.0)
    both = msgspec.structs.replace(scenario(windowed("0%"), repeated("2s")), max_active=1)
    with pytest.raises(UsageError, match=r"2 at once, and max_active is 1"):
        faults_of(both, 10.0)


def test_the_link_that_the_target_is_reached_through_is_known_by_its_address() -> None:
    assert edge_of(scenario()) is None
    assert edge_of(msgspec.structs.replace(scenario(), target="${links.front-door.url}/base")) == "front-door"
    assert edge_of(msgspec.structs.replace(scenario(), target="http://${links.edge.host}:${links.edge.port}")) == "edge"
