import msgspec
import pytest

from faults.fault import At, Fault, Nth, Window
from replayer.plan import Header, Plan
from scenarios.downstream import Caused
from scenarios.finding import Finding
from scenarios.report.sequence import Ask, Band, Group, Lane, Sequence, sequence

Findings = tuple[Finding, ...]


def under(finding: Finding, *faults: Fault) -> Finding:
    """The finding with these faults and no receipts, so that only their places speak."""
    header = msgspec.structs.replace(finding.plan.header, faults=faults)
    plan = msgspec.structs.replace(finding.plan, header=header)
    return msgspec.structs.replace(finding, plan=plan, receipts=())


def drawn(finding: Finding) -> Sequence:
    found = sequence(finding)
    assert found is not None
    return found


def reach(finding: Finding, **place: object) -> tuple[int | None, int | None]:
    fault = Fault(id="x", link="payments", kind="slow", **place)  # type: ignore[arg-type]
    band = drawn(under(finding, fault)).bands[0]
    return band.first, band.last


def test_lanes_are_the_sessions_the_system_and_what_lies_behind_each_faulted_link(findings: Findings) -> None:
    picture = drawn(findings[0])
    assert picture.lanes == (Lane("s4", "session"), Lane("system", "system"), Lane("payments", "needed"))
    assert picture.system == 1


def test_what_a_step_asked_for_leads_from_the_system_to_its_link(findings: Findings) -> None:
    asks = [row.asks for row in drawn(findings[0]).rows]
    repeated = Ask(2, "POST /charges 2 times, 1 exact repeat", broken=True)
    assert asks == [(), (Ask(2, "GET /methods", broken=False),), (repeated,)]
    assert drawn(findings[0]).asks_broken


def test_a_link_that_was_asked_has_a_lane_without_a_fault_too(findings: Findings) -> None:
    stock = Caused(link="stock", route="GET /lamp", times=1, step="s2-2")
    nobody = Caused(link="mail", route="POST /", times=1)
    picture = drawn(msgspec.structs.replace(findings[2], downstream=(stock, nobody)))
    assert [lane.name for lane in picture.lanes if lane.kind == "needed"] == ["stock"]


def test_of_many_things_that_a_step_asked_for_the_first_is_drawn_and_the_others_counted(findings: Findings) -> None:
    asked = tuple(Caused(link="payments", route=f"GET /{n}", times=1, step="s4-1", broken=n // 3) for n in range(4))
    row = drawn(msgspec.structs.replace(findings[0], downstream=asked)).rows[0]
    assert row.asks == (Ask(2, "GET /0", broken=False), Ask(2, "3 more routes", broken=True))


def test_a_fault_lies_where_its_receipt_says_it_was_met(findings: Findings) -> None:
    assert drawn(findings[0]).bands == (Band(1, 2, "lost_reply", 2, 2),)


def test_without_a_receipt_a_fault_lies_where_the_plan_puts_it(findings: Findings) -> None:
    leak = findings[1]
    assert reach(leak, at=At(while_="s1-2")) == (1, 1)
    assert reach(leak, at=At(before="s1-3")) == (0, 1)
    assert reach(leak, at=At(after="s1-4")) == (4, 5)
    assert reach(leak, nth=Nth(n=2, route="POST /checkout")) == (3, 3)
    assert reach(leak, window=Window(from_="0%", for_="50%")) == (0, 2)


def test_a_fault_whose_requests_are_not_known_is_named_and_not_placed(findings: Findings) -> None:
    assert reach(findings[1], nth=Nth(n=2, link="payments")) == (None, None)
    assert reach(findings[1], at=At(while_="cut away")) == (None, None)


def test_a_fault_on_the_edge_lies_between_the_sessions_and_the_system(findings: Findings) -> None:
    edge = Fault(id="x", link="edge", kind="cut_reply", at=At(while_="s2-2"))
    picture = drawn(under(findings[2], edge))
    assert picture.lanes == (Lane("s2", "session"), Lane("s9", "session"), Lane("system", "system"))
    assert picture.bands == (Band(0, 2, "cut_reply", 2, 2),)


def test_requests_released_together_are_one_group_and_not_as_recorded(findings: Findings) -> None:
    picture = drawn(findings[2])
    assert picture.groups == (Group(2, 3),)
    assert [row.changed for row in picture.rows] == [False, False, True, True]


def test_answers_are_told_apart(findings: Findings) -> None:
    assert [row.how for row in drawn(findings[1]).rows] == ["ok", "ok", *["broken"] * 4]
    refused = msgspec.structs.replace(findings[0].timeline[0], answer="409 in 2 ms")
    unsent = msgspec.structs.replace(findings[0].timeline[1], answer="not sent: no value for json:$.id")
    picture = drawn(msgspec.structs.replace(findings[0], timeline=(refused, unsent)))
    assert [row.how for row in picture.rows] == ["refused", "unsent", "unseen"]


@pytest.mark.parametrize(("requests", "sessions"), [(41, 1), (7, 7)])
def test_a_plan_too_large_to_be_read_as_a_picture_is_not_drawn(
    findings: Findings, requests: int, sessions: int
) -> None:
    first = findings[1].plan.steps[0]
    steps = tuple(
        msgspec.structs.replace(first, id=f"n{n}", due_s=float(n), session=f"s{n % sessions}") for n in range(requests)
    )
    assert sequence(msgspec.structs.replace(findings[1], plan=Plan(Header(name="large"), steps))) is None
