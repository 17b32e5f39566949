"""A run of a shop as the reporter meets it: record, findings, outcomes, faults and signals, made up, typed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faults.call import Call
from faults.fault import Effect, FaultEvent, Receipt
from foreshock.clock import Anchor
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Answer, Attempt, History, Outcome
from scenarios.downstream import LinkUse
from scenarios.finding import (
    CheckResult,
    Finding,
)
from scenarios.findings import read_finding, write_finding
from scenarios.runfolder import RunFolder
from scenarios.runrecord import Covered, Phase, RunRecord, Search, Spread

TWICE = "no order is charged twice"
STOCK = "stock is never below zero"
TOTAL = "no paid order has a total below zero"
PAY = "customers can pay once the network is well"


def a_finding(name: str) -> Finding:
    return read_finding(Path(__file__).parent / "findings" / f"{name}.yaml")


def held(check: str, phase: str) -> CheckResult:
    return CheckResult(check=check, verdict="held", evaluated=3, message=f"held at the end of {phase}")


def receipts() -> tuple[Receipt, ...]:
    """One that hit, one that hit nothing, one of which nobody can say."""
    return (
        Receipt(
            fault="payments-slow",
            link="payments",
            per="request",
            offered=131,
            eligible=14,
            hits=12,
            hit=True,
            activations=1,
            on_s=3.1,
            connections=9,
            bytes_up=21_204,
            bytes_down=40_311,
            steps=("r102", "r106"),
            hit_connections=(3, 5),
            seen=Effect(delay_ms=302.0, slowest_ms=512.0, unanswered=3),
        ),
        Receipt(
            fault="payments-cut",
            link="payments",
            per="request",
            offered=131,
            eligible=14,
            hits=14,
            activations=1,
            on_s=1.2,
            detail="14 requests passed it, and every answer came whole: its magnitude is beyond what they need",
        ),
        Receipt(
            fault="payments-down",
            link="payments",
            offered=9,
            activations=1,
            on_s=0.8,
            hit=None,
            detail="nothing was open, and a refused connection leaves no trace in the proxy",
        ),
    )


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
            links=(LinkUse(link="payments", calls=82, steps=78, most=2),),
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
            receipts=receipts(),
            links=(LinkUse(link="payments", calls=131, steps=60, unattributed=5, most=4, repeats=12, broken=9),),
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
        receipts=receipts() if shaken else (),
        calls=tuple(a_call(n, shaken=shaken) for n in range(20)),
        ended_s=9.0,
    )


def a_call(number: int, *, shaken: bool) -> Call:
    """What a checkout asked payments for; when shaken each second one is asked again, the same."""
    step = number - number % 2 if shaken else number
    return Call(
        link="payments",
        ordinal=number + 1,
        connection=1 + number % 4,
        protocol="http/1.1",
        method="POST",
        path=f"/charges/{1000 + step}",
        started_s=0.4 * number,
        ended_s=0.4 * number + 0.01,
        status=201,
        ended="answered",
        digest=f"d{step}",
        step=f"r{4 * step + 2}",
        by="traceparent",
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


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    """Four findings, worst first: charged twice, the pool leak, oversold, the negative total."""
    return tuple(map(a_finding, ("charged-twice", "pool-leak", "oversold", "negative-total")))


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
