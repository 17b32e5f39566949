"""Commands from their options to their exit codes; what runs behind them is a fake at the seam."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from faults.child import EmbeddedChild
from faults.engine import Choice
from faults.healing import HealJournal
from faults.toxic import Toxic
from faults.toxiproxy import Server
from foreshock.clock import Anchor
from foreshock.errors import HarnessError, InvalidRun, UsageError
from recorder.recording import RecordingWriter
from replayer.outcome import History
from replayer.plan import Header, Plan
from scenarios import commands
from scenarios.execution import Execution
from scenarios.finding import CheckResult, Finding, Verdict
from scenarios.findings import write_finding
from scenarios.run import Order
from scenarios.scenario import Scenario

SCENARIO = """\
version: 1
name: shop
processes:
  shop: {command: [shop], ready: {tcp: "${processes.shop.address}"}}
target: "${processes.shop.url}"
recording: shop.rec
invariants:
  - {name: charged once, http: {get: "${processes.shop.url}/"}, expect: status == 200}
  - {name: books balance, sql: {database: "${dir}/shop.db", query: SELECT 1}, expect: size(rows) == 1}
explore: {instances: 3}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SCENARIO)
    return path


# run


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """What was ordered to be run; every run passes."""
    ordered: list[Order] = []

    async def run(order: Order, _: object) -> SimpleNamespace:
        ordered.append(order)
        return SimpleNamespace(record=SimpleNamespace(result="passed"))

    monkeypatch.setattr(commands, "run", run)
    return ordered


def run(
    path: Path,
    *,
    recording: Path | None = None,
    seed: int = 1,
    executions: int | None = None,
    engine: Choice = "auto",
) -> int:
    return commands.run_scenario(
        path, recording=recording, seed=seed, executions=executions, engine=engine, runs=Path("runs")
    )


def test_a_run_is_ordered_as_the_options_say(scenario: Path, orders: list[Order]) -> None:
    assert run(scenario, recording=Path("other one.rec"), seed=7, executions=30, engine="embedded") == 0
    (order,) = orders
    assert (order.scenario.name, order.recording, order.seed) == ("shop", Path("other one.rec"), 7)
    assert (order.executions, order.choice, order.runs) == (30, "embedded", Path("runs"))
    assert order.command == (
        f"foreshock run {scenario} --seed 7 --recording 'other one.rec' --executions 30 --engine embedded"
    )


def test_what_is_not_said_is_the_scenarios(scenario: Path, orders: list[Order]) -> None:
    scenario.write_text(SCENARIO + "engine: embedded\n")
    assert run(scenario) == 0
    (order,) = orders
    assert (order.recording, order.executions, order.choice) == (scenario.parent / "shop.rec", None, "embedded")
    assert order.command == f"foreshock run {scenario} --seed 1"


def test_the_command_line_wins_over_the_scenarios_engine(scenario: Path, orders: list[Order]) -> None:
    scenario.write_text(SCENARIO + "engine: embedded\n")
    run(scenario, engine="toxiproxy")
    assert orders[0].choice == "toxiproxy"


def test_a_run_without_any_recording_says_where_one_is_named(scenario: Path, orders: list[Order]) -> None:
    scenario.write_text(SCENARIO.replace("recording: shop.rec\n", ""))
    with pytest.raises(UsageError, match=r"shop\.yaml: no recording: name one in the scenario .* or with --recording"):
        run(scenario)
    assert orders == []


@pytest.mark.parametrize(("result", "code"), [("passed", 0), ("findings", 1), ("invalid", 3), ("interrupted", 3)])
def test_only_a_finding_is_1_and_only_a_pass_is_0(result: str, code: int) -> None:
    assert commands.exit_code(result) == code


# reproduce


class System:
    """In the place of `scenarios.system.Pool`: every run of a plan gives the next verdict."""

    engine = "embedded 0.1.0"

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)
        self.opened: list[dict[str, Any]] = []
        self.scenarios: list[Scenario] = []

    @asynccontextmanager
    async def open(self, scenario: Scenario, **options: Any) -> AsyncIterator[System]:
        self.scenarios.append(scenario)
        self.opened.append(options)
        yield self

    async def run(self, plan: Plan) -> Execution:
        verdict = self.verdicts.pop()
        results = (CheckResult(check="charged once", verdict=verdict, evaluated=1, message=""),)
        history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=())
        return Execution(plan=plan, history=history, results=results, instance=1, started_s=0.0, ended_s=1.0)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Callable[..., System]:
    def stand_in(*verdicts: Verdict) -> System:
        made = System(*verdicts)
        monkeypatch.setattr(commands, "Pool", made)
        return made

    return stand_in


def finding(folder: Path, scenario: str = "", check: str = "charged once") -> Path:
    return write_finding(
        Finding(
            key="k",
            check=check,
            title="an order was charged twice",
            message="m",
            phase="explore",
            hits=1,
            plan=Plan(Header(name="p", seed=5), ()),
            scenario=scenario,
        ),
        folder,
    )


def reproduce(
    path: Path, *, scenario: Path | None = None, target: str | None = None, times: int = 5, engine: Choice = "auto"
) -> int:
    return commands.reproduce_finding(path, scenario=scenario, target=target, times=times, engine=engine)


@pytest.mark.parametrize(
    ("verdicts", "code", "said"),
    [
        (("violated", "held", "violated"), 1, "came back in 2 of 3 runs: an order was charged twice"),
        (("unknown", "held", "violated"), 1, "came back in 1 of 3 runs (1 could not say): an order was charged twice"),
        (("held", "held", "held"), 0, "did not come back in any of 3 runs: an order was charged twice"),
        (("held", "unknown", "held"), 0, "did not come back in any of 3 runs (1 could not say): an order was"),
        (("unknown",) * 3, 3, "did not come back in any of 3 runs (3 could not say): an order was charged twice"),
    ],
)
def test_a_finding_came_back_or_did_not_or_nobody_can_say(
    scenario: Path,
    system: Callable[..., System],
    capsys: pytest.CaptureFixture[str],
    verdicts: tuple[Verdict, ...],
    code: int,
    said: str,
) -> None:
    system(*verdicts)
    assert reproduce(finding(scenario.parent, str(scenario)), times=3) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("times", "instances"), [(5, 3), (2, 2)])
def test_as_many_run_at_once_as_there_are_runs_and_instances(
    scenario: Path, system: Callable[..., System], times: int, instances: int
) -> None:
    stand_in = system(*["held"] * times)
    reproduce(finding(scenario.parent, str(scenario)), times=times, engine="embedded")
    (options,) = stand_in.opened
    assert (options["instances"], options["choice"], options["seed"]) == (instances, "embedded", 5)
    assert stand_in.verdicts == []


def test_another_scenario_stands_in_for_the_one_that_the_finding_names(
    scenario: Path, system: Callable[..., System]
) -> None:
    stand_in = system("held")
    assert reproduce(finding(scenario.parent, "gone.yaml"), scenario=scenario, times=1) == 0
    assert stand_in.scenarios[0].file == scenario


@pytest.mark.parametrize(
    ("named", "why"), [("", "it names none"), ("gone.yaml", r"it names gone\.yaml, which is not here")]
)
def test_a_finding_without_its_scenario_says_how_to_give_one(tmp_path: Path, named: str, why: str) -> None:
    with pytest.raises(
        UsageError, match=rf"k\.yaml: no scenario to start the system with \({why}\); .* --scenario FILE"
    ):
        reproduce(finding(tmp_path, named))


def test_a_scenario_that_is_given_and_not_there_is_named_itself(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"typo\.yaml"):
        reproduce(finding(tmp_path, "gone.yaml"), scenario=tmp_path / "typo.yaml")


def test_a_target_is_sent_the_plan_and_nothing_is_started(scenario: Path, system: Callable[..., System]) -> None:
    stand_in = system("held")
    path = finding(scenario.parent, str(scenario))
    assert reproduce(path, target="http://127.0.0.1:8001", times=1) == 0
    assert (stand_in.scenarios[0].target, stand_in.scenarios[0].processes) == ("http://127.0.0.1:8001", {})


def test_a_check_that_a_target_can_not_show_is_refused_before_anything_is_sent(
    scenario: Path, system: Callable[..., System]
) -> None:
    stand_in = system()
    with pytest.raises(UsageError, match="check 'books balance' reads what only a system that the scenario starts"):
        reproduce(finding(scenario.parent, str(scenario), "books balance"), target="http://127.0.0.1:8001")
    assert stand_in.opened == []


# shape and report


def test_a_shape_is_shown_and_stored_in_the_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1"):
        pass
    assert commands.show_shape(tmp_path / "a.rec") == 0
    assert capsys.readouterr().out.startswith("0 exchanges in 0 sessions")
    assert (tmp_path / "a.rec" / "shape.json").exists()
    assert (tmp_path / "a.rec" / "shape.html").read_text().startswith("<!DOCTYPE html>")


def test_recordings_without_exchanges_are_not_compared(tmp_path: Path) -> None:
    for name in ("a.rec", "b.rec"):
        with RecordingWriter(tmp_path / name, upstream="http://127.0.0.1:1"):
            pass
    with pytest.raises(InvalidRun, match="holds no exchanges, so nothing can be compared"):
        commands.show_changes(tmp_path / "a.rec", tmp_path / "b.rec", threshold=1.5, fail_over=0, html=None)


def test_no_page_of_a_sealed_recording_is_kept_but_where_one_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"a key that is long enough")
    monkeypatch.setenv("FORESHOCK_ENCRYPT_KEY", str(key))
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1", encrypt_key=key.read_bytes()):
        pass
    commands.show_shape(tmp_path / "a.rec")
    assert "no shape.html: a page is in the clear, and the recording is sealed" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "a.rec").glob("shape*")] == ["shape.json.sealed"]
    commands.show_shape(tmp_path / "a.rec", html=tmp_path / "page.html")
    assert "page.html (in the clear, though the recording is sealed)" in capsys.readouterr().out
    assert (tmp_path / "page.html").stat().st_mode & 0o077 == 0


def test_what_is_missing_of_a_recording_is_said_once_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1"):
        pass
    (tmp_path / "a.rec" / "exchanges-00001.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    commands.show_shape(tmp_path / "a.rec")
    lines = capsys.readouterr().out.splitlines()
    assert sum("exchanges-00001.jsonl.zst" in line for line in lines) == 1


def test_a_recording_is_proved_whole_or_said_not_to_be(tmp_path: Path) -> None:
    said: list[str] = []
    with RecordingWriter(tmp_path / "a.rec", upstream="http://127.0.0.1:1") as writer:
        writer.drop("by hand")
    assert commands.verify_recording(tmp_path / "a.rec", say=said.append) == 0
    assert said[0] == f"{tmp_path / 'a.rec'}: 1 seen, 0 stored, 1 dropped (by hand)"
    (tmp_path / "a.rec" / "exchanges-00001.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    assert commands.verify_recording(tmp_path / "a.rec", say=said.append) == 1
    assert any("the frame at byte 0 is cut off: 4 bytes are lost" in line for line in said)


def test_a_report_of_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run\.json here; expected a folder that `foreshock run` made"):
        commands.write_reports(tmp_path)


# heal


@pytest.fixture
def journals_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of heal journals."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "foreshock" / "heal"


@pytest.fixture
def toxiproxy() -> Iterator[Server]:
    """A server that was there before; the embedded one speaks the same API."""
    child = EmbeddedChild(seed=0)
    try:
        with closing(Server(child.wait_ready().api)) as server:
            yield server
    finally:
        child.stop()


def test_with_nothing_to_heal_it_says_so_and_where_it_looked(journals_in: Path) -> None:
    said: list[str] = []
    assert commands.heal_toxiproxy(None, everybodys=False, say=said.append) == 0
    assert said == [f"nothing to heal: no killed run left anything (journals: {journals_in})"]


def test_what_was_healed_is_said_proxy_by_proxy(journals_in: Path, toxiproxy: Server) -> None:
    slow = Toxic(name="slow", type="latency", attributes={"latency": 50})
    toxiproxy.create("127.0.0.1:1", "foreshock-demo-payments", toxics=[slow])
    toxiproxy.create("127.0.0.1:1", "foreshock-lost-payments", toxics=[slow])
    with HealJournal.open(journals_in, "demo", toxiproxy.url) as dead:
        dead.about_to("foreshock-demo-payments", "create")
    said: list[str] = []
    with HealJournal.open(journals_in, "alive", toxiproxy.url):
        assert commands.heal_toxiproxy(toxiproxy.url, everybodys=False, say=said.append) == 0
    assert [line.rpartition("Toxiproxy at ")[2].partition(": ")[2] for line in said[:2]] == [
        "proxy foreshock-demo-payments: removed toxic slow, took it away",
        "proxy foreshock-lost-payments: removed toxic slow, took it away",
    ]
    assert said[2].startswith("left alone, because they are alive: alive-")
    assert said[3] == "healed: nothing of a killed run shakes a link any more"


def test_what_could_not_be_healed_is_one_error_that_names_the_server_and_the_journal(journals_in: Path) -> None:
    with HealJournal.open(journals_in, "demo", "http://127.0.0.1:9") as dead:
        dead.about_to("p", "create")
    with pytest.raises(
        HarnessError, match=r"^not healed: Toxiproxy at http://127.0.0.1:9: .*journal is kept: .*again$"
    ):
        commands.heal_toxiproxy(None, everybodys=False, say=print)
    assert dead.path.exists()


def test_everybodys_toxics_are_removed_only_from_a_server_that_was_named(journals_in: Path) -> None:
    with pytest.raises(UsageError, match="--all: of which server"):
        commands.heal_toxiproxy(None, everybodys=True, say=print)
    with pytest.raises(UsageError, match=r"--toxiproxy=192\.0\.2\.1:8474: expected a server on loopback"):
        commands.heal_toxiproxy("192.0.2.1:8474", everybodys=True, say=print)
