"""The declared checks together, on a real service: read meanwhile, judged when the plan has ended."""

import asyncio
import time
from pathlib import Path

import pytest

from replayer.plan import Header, Plan, Request, Step
from scenarios.checks.during import Sighting
from scenarios.execution import Execution
from scenarios.loading import load_scenario
from scenarios.system import Pool

SCENARIO = """\
version: 1
name: tiny
processes:
  peer:
    command: [python, SERVICE, "${processes.peer.address}"]
    ready: {http: "${processes.peer.url}/state"}
  shop:
    command: [python, SERVICE, "${processes.shop.address}", "${processes.peer.url}"]
    ready: {http: "${processes.shop.url}/state"}
target: "${processes.shop.url}"
reset: [{post: "${processes.shop.url}/__reset"}]
settle: 20ms
invariants:
  - {name: at most one, http: {get: "${processes.shop.url}/state"}, every: json.counter <= 1}
  - {name: nothing yet, http: {get: "${processes.shop.url}/state"}, expect: json.counter == 0, within: 20ms}
  - {name: never nine, http: {get: "${processes.shop.url}/state"}, never: json.counter == 9}
  - {name: sometimes two, http: {get: "${processes.shop.url}/state"}, sometimes: json.counter == 2}
  - {name: sometimes nine, http: {get: "${processes.shop.url}/state"}, sometimes: json.counter == 9}
states:
  - name: counting
    seen: [{route: GET /state, field: $.counter, id: "path:0"}]
    initial: ["0"]
    transitions: {"0": ["1"], "1": ["2"]}
    terminal: ["2"]
checks: [checks.py:every_add_is_counted]
"""
CHECKS = """\
def every_add_is_counted(run):
    added = [each for each in run.outcomes if each.route == "POST /add" and each.fate == "ok"]
    counter = run.probe("${processes.shop.url}/state").json["counter"]
    if counter != len(added):
        return run.violated(f"{counter} of {len(added)} adds are counted")
    return run.held(f"{counter} adds are counted")
"""


def step(number: int, method: str, target: str) -> Step:
    request = Request(method=method, target=target)
    return Step(id=f"s{number}", due_s=number / 10, session="c", route=f"{method} {target}", request=request)


@pytest.fixture
def ran(tmp_path: Path, service: Path) -> tuple[Execution, tuple[Sighting, ...]]:
    (tmp_path / "tiny.yaml").write_text(SCENARIO.replace("SERVICE", str(service)))
    (tmp_path / "checks.py").write_text(CHECKS)
    scenario = load_scenario(tmp_path / "tiny.yaml", {})
    steps = (step(0, "GET", "/state"), step(1, "POST", "/add"), step(2, "POST", "/add"), step(3, "GET", "/state"))

    async def run() -> tuple[Execution, tuple[Sighting, ...]]:
        async with Pool.open(
            scenario, choice="embedded", instances=1, seed=1, run="t", clock=time.monotonic, redact=str
        ) as pool:
            return await pool.run(Plan(Header(name="p"), steps)), pool.sightings

    return asyncio.run(run())


def test_every_declared_check_says_its_own(ran: tuple[Execution, tuple[Sighting, ...]]) -> None:
    execution, sightings = ran
    said = {result.check: (result.verdict, result.message) for result in execution.results}
    assert list(said) == ["at most one", "nothing yet", "never nine", "counting", "every add is counted"]
    assert said["at most one"][0] == "violated"
    assert said["nothing yet"][0] == "violated"
    assert said["never nine"][0] == "held"
    assert said["counting"][0] == "held"  # two adds were between the two answers
    assert said["every add is counted"] == ("held", "2 adds are counted")
    assert [(each.check, bool(each.true)) for each in sightings] == [("sometimes two", True), ("sometimes nine", False)]
