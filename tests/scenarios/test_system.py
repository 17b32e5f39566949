import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from faults.fault import At, Fault
from foreshock.errors import HarnessError, InvalidRun, UsageError
from replayer.plan import Header, Plan, Recorded, Request, Step
from scenarios.execution import Execution
from scenarios.loading import load_scenario
from scenarios.system import Pool

Ended = Callable[[int], bool]
Pids = Callable[[], list[int]]

SCENARIO = """\
version: 1
name: tiny
processes:
  peer:
    command: [python, SERVICE, "${processes.peer.address}"]
    ready: {http: "${processes.peer.url}/state"}
  shop:
    command: [python, SERVICE, "${processes.shop.address}", "${links.peer.url}"]
    ready: {http: "${processes.shop.url}/state"}
    metrics: "${processes.shop.url}/metrics"
links:
  peer: {upstream: "${processes.peer.address}"}
target: "${processes.shop.url}"
reset: [{post: "${processes.shop.url}/__reset"}]
settle: 20ms
invariants:
  - name: at most one
    http: {get: "${processes.shop.url}/state"}
    expect: json.counter <= 1
    within: 50ms
"""


def step(number: int, target: str, method: str = "GET") -> Step:
    return Step(
        id=f"s{number}",
        due_s=number / 100,
        session="c1",
        route=f"{method} {target}",
        request=Request(method=method, target=target),
        recorded=Recorded(status=200),
    )


def plan(*steps: Step, faults: tuple[Fault, ...] = ()) -> Plan:
    return Plan(Header(name="p", links=("peer",), faults=faults), steps)


ADD_TWICE = plan(step(0, "/add", "POST"), step(1, "/add", "POST"))
ASK_PEER = step(0, "/peer")
FIGURES = (
    "process_count",
    "process_resident_bytes",
    "process_open_descriptors",
    "process_threads",
    "process_cpu_seconds_total",
)


def with_pool(
    folder: Path,
    service: Path,
    use: Callable[[Pool], Awaitable[list[Execution]]],
    text: str = SCENARIO,
    instances: int = 1,
) -> list[Execution]:
    (folder / "tiny.yaml").write_text(text.replace("SERVICE", str(service)))
    scenario = load_scenario(folder / "tiny.yaml", os.environ)

    async def opened() -> list[Execution]:
        async with Pool.open(
            scenario, choice="embedded", instances=instances, seed=1, run="t", clock=time.monotonic, redact=str
        ) as pool:
            return await use(pool)

    return asyncio.run(opened())


def executions(*plans: Plan) -> Callable[[Pool], Awaitable[list[Execution]]]:
    async def use(pool: Pool) -> list[Execution]:
        return [await pool.run(each) for each in plans]

    return use


def test_every_plan_meets_a_fresh_system_and_is_told_with_its_signals(tmp_path: Path, service: Path) -> None:
    one = plan(step(0, "/add", "POST"))
    first, second = with_pool(tmp_path, service, executions(ADD_TWICE, one))
    assert first.violated == ("at most one",)
    assert second.violated == ()  # it was reset in between
    assert [outcome.status for outcome in first.history.outcomes] == [201, 201]
    assert [line.level for line in first.log_lines] == ["INFO", "INFO"]
    assert [(each.source, each.value) for each in first.samples if each.name == "adds_total"] == [
        ("shop", 0.0),
        ("shop", 2.0),
    ]
    assert {each.name for each in first.samples} == {"adds_total"}  # of two looks, figures would say nothing
    assert first.started_s <= first.replay_started_s <= first.log_lines[0].t_s <= first.ended_s <= second.started_s


def test_faults_hit_the_link_of_the_instance_that_runs_the_plan_alone(tmp_path: Path, service: Path) -> None:
    down = Fault(id="f", link="peer", kind="down", at=At(while_="s0"))

    async def use(pool: Pool) -> list[Execution]:
        assert pool.width == 2
        return list(await asyncio.gather(pool.run(plan(ASK_PEER, faults=(down,))), pool.run(plan(ASK_PEER))))

    faulted, well = with_pool(tmp_path, service, use, instances=2)
    assert {faulted.instance, well.instance} == {1, 2}
    assert [outcome.status for outcome in faulted.history.outcomes] == [502]
    assert [outcome.status for outcome in well.history.outcomes] == [200]
    assert [event.event for event in faulted.history.fault_events] == ["on", "off"]
    assert [line.level for line in faulted.log_lines] == ["ERROR"]


def test_more_plans_than_instances_wait_for_a_free_one(tmp_path: Path, service: Path) -> None:
    async def use(pool: Pool) -> list[Execution]:
        return list(await asyncio.gather(*(pool.run(ADD_TWICE) for _ in range(4))))

    found = with_pool(tmp_path, service, use, instances=2)
    assert [execution.violated for execution in found] == [("at most one",)] * 4


def test_a_process_that_dies_makes_nothing_hold_and_is_started_again(tmp_path: Path, service: Path) -> None:
    restarts: list[int] = []
    lenient = SCENARIO.replace("json.counter <= 1", "status != 300")

    async def use(pool: Pool) -> list[Execution]:
        found = [await pool.run(plan(step(0, "/die"))), await pool.run(plan(step(0, "/add", "POST")))]
        restarts.append(pool.restarts)
        return found

    died, again = with_pool(tmp_path, service, use, lenient)
    assert died.results[0].verdict == "unknown"
    assert [outcome.status for outcome in again.history.outcomes] == [201]
    assert again.results[0].verdict == "held"
    assert restarts == [1]


def test_what_a_dead_peer_leaves_looking_fine_is_not_held(tmp_path: Path, service: Path) -> None:
    """The shop still answers; the process behind it has ended."""
    (found,) = with_pool(tmp_path, service, executions(plan(step(0, "/kill-peer"))))
    assert found.results[0].verdict == "unknown"
    assert found.results[0].message.endswith("it held on status 200, but process peer has ended: it says nothing")


def test_a_reset_that_fails_even_after_a_restart_is_our_failure(tmp_path: Path, service: Path) -> None:
    broken = SCENARIO.replace('{post: "${processes.shop.url}/__reset"}', '{get: "${processes.shop.url}/fail"}')
    with pytest.raises(HarnessError, match=r"reset: GET http://127\.0\.0\.1:\d+/fail answered 500, expected 2xx"):
        with_pool(tmp_path, service, executions(ADD_TWICE), broken)


def test_when_one_process_does_not_start_the_others_are_stopped(
    tmp_path: Path, service: Path, service_pids: Pids, ended: Ended
) -> None:
    broken = SCENARIO.replace('[python, SERVICE, "${processes.shop.address}"', "[python, -c, raise SystemExit(3)")
    with pytest.raises(HarnessError, match="process shop exited with code 3 before it was ready"):
        with_pool(tmp_path, service, executions(), broken, instances=2)
    assert service_pids()
    assert all(map(ended, service_pids()))


def test_a_cancelled_run_leaves_no_process_behind(
    tmp_path: Path, service: Path, service_pids: Pids, ended: Ended
) -> None:
    async def use(pool: Pool) -> list[Execution]:
        stalled = Fault(id="f", link="peer", kind="stall", at=At(before="s3000"))
        running = asyncio.create_task(pool.run(plan(ASK_PEER, step(3000, "/state"), faults=(stalled,))))
        await asyncio.sleep(0.2)  # somewhere in the replay, which lasts 30 s
        running.cancel()
        return [await running]

    with pytest.raises(asyncio.CancelledError):
        with_pool(tmp_path, service, use)
    assert len(service_pids()) == 2
    assert all(map(ended, service_pids()))


def test_a_fault_that_can_not_be_is_a_usage_error(tmp_path: Path, service: Path) -> None:
    strange = Fault(id="f", link="database", kind="down", at=At(while_="s0"))
    with pytest.raises(UsageError, match="link='database': expected one of peer"):
        with_pool(tmp_path, service, executions(plan(ASK_PEER, faults=(strange,))))


def test_while_a_plan_is_watched_its_metrics_are_read_in_between(tmp_path: Path, service: Path) -> None:
    async def use(pool: Pool) -> list[Execution]:
        return [await pool.run(plan(step(0, "/add", "POST"), step(30, "/add", "POST")), watch_every_s=0.05)]

    (found,) = with_pool(tmp_path, service, use)
    assert {sample.value for sample in found.samples if sample.name == "adds_total"} == {0.0, 1.0, 2.0}
    figures = {(each.source, each.name) for each in found.samples} - {("shop", "adds_total")}
    assert figures == {(source, name) for source in ("shop", "peer") for name in FIGURES}


RUNNING = (
    "version: 1\nname: mine\ntarget: http://ADDRESS\n"
    "invariants: [{name: up, http: {get: 'http://ADDRESS/'}, expect: status == 200, within: 10ms}]\n"
)


def test_a_running_system_that_nobody_started_is_only_sent_to(
    tmp_path: Path, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there at first, and then it is not: that is no violation of what it shows."""
    monkeypatch.setattr("scenarios.instance._ALIVE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()

        async def use(pool: Pool) -> list[Execution]:
            listener.close()
            return [await pool.run(plan(step(0, "/state")))]

        (found,) = with_pool(tmp_path, service, use, RUNNING.replace("ADDRESS", f"{host}:{port}"))
    assert [attempt.error for attempt in found.history.outcomes[0].attempts] == ["refused"]
    assert found.results[0].verdict == "unknown"


def test_a_running_system_that_is_not_there_is_said_before_anything_is_sent(tmp_path: Path, service: Path) -> None:
    with pytest.raises(HarnessError, match=r"target=http://127\.0\.0\.1:1 takes no connection; start the system, or"):
        with_pool(tmp_path, service, executions(ADD_TWICE), RUNNING.replace("ADDRESS", "127.0.0.1:1"))


def test_a_system_that_dies_again_and_again_is_given_up(tmp_path: Path, service: Path) -> None:
    die = plan(step(0, "/die"))
    with pytest.raises(InvalidRun, match=r"once more after 1 restarts of its instance \(explore\.restarts=1\)"):
        with_pool(tmp_path, service, executions(die, die, die), SCENARIO + "explore: {restarts: 1}\n")
