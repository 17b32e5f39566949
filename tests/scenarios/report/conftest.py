"""A run of a shop as the reporter meets it: record, findings, outcomes, faults and signals, made up, typed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faults.fault import At, Fault, FaultEvent, Receipt, Window
from foreshock.clock import Anchor
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Answer, Attempt, History, Outcome
from replayer.plan import Binding, Body, Burst, Header, Plan, Request, Step, Timing, Value
from scenarios.finding import (
    Beat,
    CheckResult,
    Evidence,
    Finding,
    LeadTime,
    Moved,
    Necessity,
    Rarity,
)
from scenarios.findings import write_finding
from scenarios.runfolder import RunFolder
from scenarios.runrecord import Covered, Phase, RunRecord, Search, Spread

TWICE = "no order is charged twice"
STOCK = "stock is never below zero"
TOTAL = "no paid order has a total below zero"
PAY = "customers can pay once the network is well"


def step(
    step_id: str, due_s: float, session: str, route: str, body: str = '{"cart": "c-77", "qty": 1}', **more: object
) -> Step:
    method, _, target = route.partition(" ")
    return Step(
        id=step_id,
        due_s=due_s,
        session=session,
        route=route,
        request=Request(method=method, target=target.replace("{id}", "1042"), body=Body(text=body)),
        **more,  # type: ignore[arg-type]
    )


def charged_twice() -> Finding:
    fault = Fault(id="f1", link="payments", kind="lost_reply", at=At(while_="s4-3"))
    plan = Plan(
        Header(name="charged twice", seed=7, links=("payments",), faults=(fault,)),
        (
            step("s4-1", 0.0, "s4", "POST /login"),
            step("s4-2", 0.2, "s4", "POST /cart", after=("s4-1",)),
            step(
                "s4-3",
                0.4,
                "s4",
                "POST /checkout",
                after=("s4-2",),
                bindings=(Binding(into="json:$.cart", from_="s4-2", at="json:$.id"),),
            ),
        ),
    )
    return Finding(
        key="no-order-is-charged-twice-1a2b3c",
        check=TWICE,
        title="An order was charged twice: 2 captured charges for one checkout",
        message="size(rows) == 0 is false: 1 row, the first order_id=1042 n=2",
        phase="shake",
        hits=9,
        plan=plan,
        evidence=Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004),
        observed=[{"order_id": 1042, "n": 2}],
        necessary=(Necessity(element="fault lost_reply on payments during POST /checkout", fails=0, of=5),),
        rarity=(
            Rarity(what="a payment that got no reply", seen=0, of=312, unit="requests"),
            Rarity(what="login, then cart, then checkout", seen=41, of=60, unit="sessions"),
        ),
        silent=(
            "POST /checkout answered 201",
            "GET /healthz of storefront and payments said 200",
            "check 'stock is never below zero' held",
        ),
        lead=LeadTime(
            verdict="UNKNOWN",
            watched=143,
            first_failure_s=None,
            first_failure="",
            moved=(
                Moved(
                    signal='storefront log WARN "payment attempt <*> timed out after <*> ms"',
                    source="storefront",
                    kind="log",
                    moved_at_s=0.61,
                    lead_s=None,
                    how="said once; calm runs never said it",
                ),
            ),
            seen_in="the smallest plan",
        ),
        timeline=(
            Beat(t_s=0.004, session="s4", what="POST /login", answer="200 in 12 ms", step="s4-1"),
            Beat(t_s=0.204, session="s4", what="POST /cart", answer="201 in 9 ms", step="s4-2"),
            Beat(t_s=0.404, session="s4", what="POST /checkout", answer="201 in 431 ms", step="s4-3"),
        ),
        fault_events=(
            FaultEvent(t_s=0.401, fault="f1", link="payments", event="on"),
            FaultEvent(t_s=0.836, fault="f1", link="payments", event="off"),
        ),
        receipts=(
            Receipt(
                fault="f1",
                link="payments",
                activations=1,
                on_s=0.435,
                connections=2,
                bytes_up=734,
                bytes_down=0,
                hit=True,
                steps=("s4-3",),
            ),
        ),
    )


def oversold() -> Finding:
    plan = Plan(
        Header(
            name="oversold",
            seed=7,
            edits=(
                Burst(
                    barrier="b1",
                    was=(
                        Timing(step="s2-2", due_s=0.2, after=("s2-1",)),
                        Timing(step="s9-2", due_s=3.1, after=("s9-1",)),
                    ),
                ),
            ),
        ),
        (
            step("s2-1", 0.0, "s2", "POST /login"),
            step("s9-1", 0.1, "s9", "POST /login"),
            step("s2-2", 0.3, "s2", "POST /checkout", after=("s2-1",), barrier="b1"),
            step("s9-2", 0.3, "s9", "POST /checkout", after=("s9-1",), barrier="b1"),
        ),
    )
    return Finding(
        key="stock-is-never-below-zero-77aa01",
        check=STOCK,
        title="Stock fell below zero: two buyers of the last item both got it",
        message="every(rows, stock >= 0) is false: sku=lamp stock=-1",
        phase="explore",
        hits=14,
        plan=plan,
        evidence=Evidence(fails=12, of=20, control_fails=0, control_of=20, p_value=0.00002),
        observed=[{"sku": "lamp", "stock": -1}],
        necessary=(
            Necessity(element="2 x POST /checkout together", fails=0, of=20),
            Necessity(element="POST /login of s9", fails=3, of=20),
        ),
        rarity=(Rarity(what="two checkouts of one item within 10 ms", seen=0, of=60, unit="sessions"),),
        silent=("POST /checkout answered 201, twice",),
        lead=LeadTime(
            verdict="SILENT",
            watched=143,
            first_failure_s=0.36,
            first_failure="POST /checkout answered 500",
            moved=(),
            seen_in="the smallest plan",
        ),
        timeline=(
            Beat(t_s=0.0, session="s2", what="POST /login", answer="200 in 11 ms", step="s2-1"),
            Beat(t_s=0.1, session="s9", what="POST /login", answer="200 in 12 ms", step="s9-1"),
            Beat(t_s=0.3, session="s2", what="POST /checkout", answer="201 in 64 ms", step="s2-2"),
            Beat(t_s=0.3, session="s9", what="POST /checkout", answer="201 in 66 ms", step="s9-2"),
        ),
    )


def negative_total() -> Finding:
    plan = Plan(
        Header(
            name="negative total",
            seed=7,
            edits=(
                Value(step="s7-2", place="json:$.qty", now=12, was=2),
                Value(step="s7-3", place="json:$.coupon", now="SPRING", was="WELCOME"),
            ),
        ),
        (
            step("s7-1", 0.0, "s7", "POST /login"),
            step("s7-2", 0.1, "s7", "POST /cart", '{"qty": 12}', after=("s7-1",)),
            step("s7-3", 0.2, "s7", "POST /coupon", '{"coupon": "SPRING"}', after=("s7-2",)),
            step("s7-4", 0.3, "s7", "POST /checkout", after=("s7-3",)),
        ),
    )
    return Finding(
        key="no-paid-order-has-a-total-below-zero-5d5d5d",
        check=TOTAL,
        title="A paid order has a total of -180",
        message="size(rows) == 0 is false: 1 row, order_id=2001 total_cents=-18000",
        phase="explore",
        hits=2,
        plan=plan,
        evidence=Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004),
        necessary=(
            Necessity(element="value qty=12 in POST /cart (recorded: 2)", fails=0, of=5),
            Necessity(element="value coupon=SPRING in POST /coupon (recorded: WELCOME)", fails=0, of=5),
        ),
        rarity=(
            Rarity(what="qty=12", seen=1, of=184, unit="requests"),
            Rarity(what="coupon='SPRING'", seen=3, of=184, unit="requests"),
        ),
        lead=None,
        timeline=(
            Beat(t_s=0.0, session="s7", what="POST /login", answer="200 in 11 ms", step="s7-1"),
            Beat(t_s=0.1, session="s7", what="POST /cart", answer="201 in 9 ms", step="s7-2"),
            Beat(t_s=0.2, session="s7", what="POST /coupon", answer="200 in 8 ms", step="s7-3"),
            Beat(t_s=0.3, session="s7", what="POST /checkout", answer="201 in 38 ms", step="s7-4"),
        ),
    )


def pool_leak() -> Finding:
    faults = (
        Fault(
            id="brown",
            link="payments",
            kind="slow",
            args={"latency_ms": 400, "jitter_ms": 20},
            window=Window(from_="20%", for_="30%"),
        ),
    )
    routes = ("POST /login", "POST /cart", "POST /checkout", "POST /checkout", "POST /checkout", "POST /checkout")
    steps = tuple(step(f"s1-{n}", n * 0.3, "s1", route) for n, route in enumerate(routes, start=1))
    return Finding(
        key="customers-can-pay-once-the-network-is-well-90fe11",
        check=PAY,
        title="Nobody can pay any more, 1.0 s after the network was well again",
        message="status == 200 is false: GET /payment-methods answered 503",
        phase="shake",
        hits=6,
        plan=Plan(Header(name="pool leak", seed=7, links=("payments",), faults=faults), steps),
        evidence=Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004),
        necessary=(
            Necessity(element="fault slow latency_ms=400 jitter_ms=20 on payments from 20% for 30%", fails=0, of=5),
        ),
        rarity=(Rarity(what="a payment slower than 200 ms", seen=0, of=312, unit="requests"),),
        silent=("GET /healthz of storefront said 200 throughout",),
        lead=LeadTime(
            verdict="WARNED",
            watched=143,
            first_failure_s=6.4,
            first_failure="POST /checkout answered 503",
            moved=(
                Moved(
                    signal="storefront metric payments_pool_in_use",
                    source="storefront",
                    kind="metric",
                    moved_at_s=3.2,
                    lead_s=3.2,
                    how="rose from at most 2 in calm to 3, then to 8",
                ),
                Moved(
                    signal='storefront log WARN "payment attempt <*> timed out after <*> ms"',
                    source="storefront",
                    kind="log",
                    moved_at_s=3.6,
                    lead_s=2.8,
                    how="never seen in calm; 14 lines in 2.8 s",
                ),
                Moved(
                    signal="payments metric http_requests_in_flight",
                    source="payments",
                    kind="metric",
                    moved_at_s=6.9,
                    lead_s=-0.5,
                    how="rose from at most 4 in calm to 9",
                ),
            ),
            seen_in="the shaken replay",
        ),
        timeline=tuple(
            Beat(
                t_s=item.due_s,
                session="s1",
                what=item.route,
                answer="503 in 3 ms" if n > 4 else "timeout after 2.0 s" if n > 2 else "201 in 20 ms",
                step=item.id,
            )
            for n, item in enumerate(steps, start=1)
        ),
        receipts=(
            Receipt(
                fault="brown",
                link="payments",
                activations=1,
                on_s=0.6,
                connections=4,
                bytes_up=2_100,
                bytes_down=3_018,
                hit=True,
                steps=("s1-3", "s1-4"),
            ),
        ),
    )


def held(check: str, phase: str) -> CheckResult:
    return CheckResult(check=check, verdict="held", evaluated=3, message=f"held at the end of {phase}")


def phases() -> tuple[Phase, ...]:
    calm = tuple(held(check, "calm") for check in (TWICE, STOCK, TOTAL, PAY))
    shaken = (
        CheckResult(check=TWICE, verdict="violated", evaluated=1, message="1 row, the first order_id=1042 n=2"),
        held(STOCK, "shake"),
        held(TOTAL, "shake"),
        CheckResult(check=PAY, verdict="violated", evaluated=4, message="GET /payment-methods answered 503"),
    )
    close = Spread(p50_s=0.0004, p99_s=0.0031, max_s=0.0062)
    return (
        Phase(
            name="calm",
            started_s=0.4,
            ended_s=9.2,
            replay_started_s=0.5,
            sent=312,
            ok=301,
            failed=11,
            compared=312,
            same_status=312,
            lateness=close,
            hold=close,
            checks=calm,
        ),
        Phase(
            name="shake",
            started_s=9.4,
            ended_s=20.3,
            replay_started_s=9.5,
            sent=312,
            ok=252,
            failed=12,
            unknown=48,
            compared=312,
            same_status=263,
            lateness=close,
            hold=close,
            checks=shaken,
            receipts=(
                Receipt(
                    fault="payments-slow",
                    link="payments",
                    activations=1,
                    on_s=3.1,
                    connections=9,
                    bytes_up=21_204,
                    bytes_down=40_311,
                    hit=True,
                    steps=("s1-3", "s4-3"),
                ),
                Receipt(fault="payments-cut", link="payments", activations=1, on_s=1.2, connections=0, hit=False),
                Receipt(fault="payments-down", link="payments", activations=1, on_s=0.8, hit=None),
            ),
        ),
        Phase(name="explore", started_s=20.9, ended_s=61.0, sent=1204, ok=1100, failed=60, unknown=40, not_sent=4),
    )


def record(findings: Iterable[Finding] = ()) -> RunRecord:
    routes = ("GET /catalogue", "POST /login", "POST /cart", "POST /checkout", "POST /orders/{id}/cancel")
    kinds = ("", "slow", "lost_reply", "cut_reply", "down", "brownout")
    coverage = tuple(
        Covered(route=route, link="payments" if kind else "", kind=kind, times=(7 * r + 3 * k) % 19 + 2 * (not k))
        for r, route in enumerate(routes)
        for k, kind in enumerate(kinds)
    )
    keys = tuple(finding.key for finding in findings)
    return RunRecord(
        scenario="shop",
        scenario_file="scenarios/shop/shop.yaml",
        recording="shop.rec",
        seed=7,
        engine="toxiproxy 2.12.0",
        versions={"foreshock": "0.1.0", "hypothesis": "6.150.0", "mitmproxy": "11.0.2", "python": "3.11.7"},
        git_head="07a0231c0ffee",
        command="foreshock run scenarios/shop/shop.yaml --seed 7",
        started_at="2026-11-01T15:06:59Z",
        took_s=63.4,
        result="findings" if keys else "passed",
        reason=f"2 of 4 checks were violated in the shaken replay; the search found {len(keys) - 2} states more"
        if keys
        else "every check held on every phase",
        phases=phases(),
        search=Search(
            seed=7,
            instances=4,
            executions=150,
            minimising=61,
            evidence=40,
            took_s=40.1,
            coverage=coverage,
            unknown=3,
        ),
        findings=keys,
    )


def replayed(*, shaken: bool) -> History:
    """312 requests over 8.5 s; when shaken, checkouts fail between 2.5 s and 6 s, and keep failing after 6.5 s."""
    outcomes = []
    for n in range(312):
        due_s = n * 8.5 / 312 + 0.4 * (n % 5 == 0)
        route = ("GET /catalogue", "POST /cart", "POST /checkout", "POST /login")[n % 4]
        hit = shaken and route == "POST /checkout" and (2.5 < due_s < 6.0 or due_s > 6.5)
        attempt = Attempt(
            sent_s=due_s, ended_s=due_s + 0.02, status=None if hit else 201, error="timeout" if hit else None
        )
        outcomes.append(
            Outcome(
                step=f"r{n}",
                session=f"s{n % 30}",
                route=route,
                due_s=due_s,
                ready_s=due_s,
                sent_s=due_s,
                ended_s=due_s + 0.02,
                attempts=(attempt,),
                answer=None if hit else Answer(status=201, body=b'{"card": "4111"}', body_bytes=16),
                fate="unknown" if hit else "ok",
                recorded_status=201,
            )
        )
    events = (
        FaultEvent(t_s=2.4, fault="payments-slow", link="payments", event="on"),
        FaultEvent(t_s=5.5, fault="payments-slow", link="payments", event="off"),
        FaultEvent(t_s=5.6, fault="payments-down", link="payments", event="on"),
        FaultEvent(t_s=6.4, fault="payments-down", link="payments", event="off"),
    )
    return History(
        anchor=Anchor(wall_s=1_793_545_619.0, monotonic_s=0.0),
        outcomes=tuple(outcomes),
        fault_events=events if shaken else (),
        receipts=phases()[1].receipts if shaken else (),
        ended_s=9.0,
    )


def explored(number: int) -> History:
    """A short execution of the search, with a fault in every third."""
    outcomes = tuple(
        Outcome(
            step=f"e{n}",
            session="s1",
            route="POST /checkout",
            due_s=n * 0.1,
            sent_s=n * 0.1,
            ended_s=n * 0.1 + 0.02,
            fate="unknown" if number % 3 == 0 and n == 3 else "ok",
            recorded_status=201,
        )
        for n in range(8)
    )
    events = (
        FaultEvent(t_s=0.2, fault="x1", link="payments@2", event="on"),
        FaultEvent(t_s=0.5, fault="x1", link="payments@2", event="off"),
    )
    return History(
        anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes, fault_events=events if number % 3 == 0 else ()
    )


def write_run(root: Path, findings: tuple[Finding, ...]) -> Path:
    now = datetime(2026, 11, 1, 15, 6, 59, tzinfo=UTC)
    with RunFolder.create(root, "shop", now, clock=lambda: 0.0) as folder:
        folder.write_history("calm", replayed(shaken=False), origin_s=0.5)
        folder.write_history("shake", replayed(shaken=True), origin_s=9.5)
        for number in range(1, 40):
            folder.write_history("explore", explored(number), origin_s=20.0 + number, execution=number)
        folder.write_signals("shake", [Sample(12.7, "storefront", "payments_pool_in_use", 3.0)])
        folder.write_signals("shake", [LogLine(13.1, "storefront", "WARN", "payment attempt <*> timed out")])
        for finding in findings:
            write_finding(finding, folder.path / "findings")
        folder.write_record(record(findings))
    return folder.path


ALL = (charged_twice, pool_leak, oversold, negative_total)


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    """Four findings, worst first: charged twice, the pool leak, oversold, the negative total."""
    return tuple(make() for make in ALL)


@pytest.fixture
def a_record() -> Callable[..., RunRecord]:
    return record


@pytest.fixture
def run_folder(tmp_path: Path, findings: tuple[Finding, ...]) -> Path:
    """A whole run folder with the four findings."""
    return write_run(tmp_path, findings)


@pytest.fixture
def write_folder() -> Callable[[Path, tuple[Finding, ...]], Path]:
    """`write_folder(root, findings)` is a run folder with these findings."""
    return write_run
