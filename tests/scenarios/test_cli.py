"""The console script: options reach their command, and every way to end is one line and an exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from foreshock import __version__
from foreshock.errors import HarnessError, InvalidRun, UsageError
from recorder.keeping import Keeping
from recorder.listen.beside import Sources
from recorder.order import Tls, order_of
from recorder.policy import Policy
from recorder.ring import Rotation
from scenarios.cli import cli, main
from scenarios.interrupt import Interrupted

COMMANDS = ("record", "redact", "scan", "verify", "import", "export", "shape", "run", "replay", "reproduce")
COMMANDS += ("worker", "report", "toxiproxy", "faults", "heal", "demo", "findings")
UNASKED = {  # of `record`
    "policy": Policy(),
    "recorder": "",
    "encrypt_key_file": None,
    "keeping": Keeping(rotation=Rotation(every_s=3600.0), min_free_bytes=10**9),
    "sources": Sources(),
}


@pytest.fixture
def foreshock(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line here: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return call


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each command's function was called with; they answer 0."""
    calls: dict[str, Any] = {}

    def note(name: str) -> Callable[..., int]:
        def function(*arguments: object, **options: object) -> int:
            calls[name] = (*arguments, options)
            return 0

        return function

    for name in (
        "show_shape",
        "show_changes",
        "run_scenario",
        "resume_run",
        "reproduce_finding",
        "write_reports",
        "show_kinds",
        "heal_toxiproxy",
    ):
        monkeypatch.setattr(f"scenarios.commands.{name}", note(name))
    monkeypatch.setattr("recorder.record.run_recorder", note("run_recorder"))
    monkeypatch.setattr("scenarios.shop.demo.run_demo", note("run_demo"))
    monkeypatch.setattr("faults.embedded.standalone.run_toxiproxy", note("run_toxiproxy"))
    return calls


@pytest.mark.parametrize(
    ("line", "function", "arguments"),
    [
        (
            "record --upstream http://h:1 -o a.rec",
            "run_recorder",
            (order_of(upstreams=["http://h:1"]), Path("a.rec"), {"key_file": None, **UNASKED}),
        ),
        (
            "record --upstream http://h:1 --listen 127.0.0.1:0 --key-file key --output a.rec",
            "run_recorder",
            (
                order_of(upstreams=["http://h:1"], listens=["127.0.0.1:0"]),
                Path("a.rec"),
                {"key_file": Path("key"), **UNASKED},
            ),
        ),
        (
            "record --mode regular --listen h:1 --listen h:2 --ca ca --insecure-upstream --body-cap 9 --drain 2s -o a",
            "run_recorder",
            (
                order_of(
                    mode="regular",
                    listens=["h:1", "h:2"],
                    tls=Tls(ca_folder=Path("ca"), insecure=True),
                    body_cap_bytes=9,
                    drain_s=2.0,
                ),
                Path("a"),
                {"key_file": None, **UNASKED},
            ),
        ),
        ("shape a.rec", "show_shape", (Path("a.rec"), {"html": None})),
        (
            "shape a.rec --against b.rec --fail-over 3",
            "show_changes",
            (Path("a.rec"), Path("b.rec"), {"threshold": 1.5, "fail_over": 3, "html": None}),
        ),
        (
            "run s.yaml",
            "run_scenario",
            (
                Path("s.yaml"),
                {"recording": None, "seed": 1, "executions": None, "engine": "auto", "runs": Path("runs")},
            ),
        ),
        ("run --resume runs/x", "resume_run", (Path("runs/x"), {"engine": "auto", "runs": Path("runs")})),
        (
            "run s.yaml --recording a.rec --seed 3 --executions 9 --engine embedded --runs there",
            "run_scenario",
            (
                Path("s.yaml"),
                {
                    "recording": Path("a.rec"),
                    "seed": 3,
                    "executions": 9,
                    "engine": "embedded",
                    "runs": Path("there"),
                },
            ),
        ),
        (
            "reproduce f.yaml --scenario s.yaml --target http://h:1 --times 2 --engine toxiproxy",
            "reproduce_finding",
            (
                Path("f.yaml"),
                {"scenario": Path("s.yaml"), "target": "http://h:1", "times": 2, "engine": "toxiproxy"},
            ),
        ),
        (
            "reproduce f.yaml",
            "reproduce_finding",
            (Path("f.yaml"), {"scenario": None, "target": None, "times": 5, "engine": "auto"}),
        ),
        ("report runs/a", "write_reports", (Path("runs/a"), {})),
        ("faults", "show_kinds", (None, {"say": click.echo})),
        ("faults slow", "show_kinds", ("slow", {"say": click.echo})),
        ("heal", "heal_toxiproxy", (None, {"everybodys": False, "say": click.echo})),
        (
            "heal --toxiproxy 127.0.0.1:1 --all",
            "heal_toxiproxy",
            ("127.0.0.1:1", {"everybodys": True, "say": click.echo}),
        ),
        (
            "toxiproxy",
            "run_toxiproxy",
            ("127.0.0.1", 8474, {"config": None, "seed": 0, "lease": None, "say": click.echo}),
        ),
        (
            "toxiproxy --host ::1 --port 0 --config t.json --seed 7 --lease 5s",
            "run_toxiproxy",
            ("::1", 0, {"config": Path("t.json"), "seed": 7, "lease": "5s", "say": click.echo}),
        ),
        (
            "demo --seed 4 --fixed",
            "run_demo",
            ({"seed": 4, "fixed": True, "engine": "auto", "runs": Path("runs")},),
        ),
    ],
)
def test_options_reach_their_command(
    foreshock: Callable[..., tuple[int, str, str]],
    called: dict[str, Any],
    line: str,
    function: str,
    arguments: tuple[object, ...],
) -> None:
    assert foreshock(*line.split()) == (0, "", "")
    assert called == {function: arguments}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("rn", "No such command 'rn'"),
        ("run", "expected a scenario, or --resume with the folder of a stopped run, and not both"),
        ("run s.yaml --seeed 1", "No such option"),
        ("run s.yaml --seed one", "Invalid value for '--seed': 'one' is not a valid integer"),
        ("run s.yaml --seed -1", "Invalid value for '--seed': -1 is not in the range 0<=x<=9223372036854775807."),
        ("demo --seed 9223372036854775808", "Invalid value for '--seed': 9223372036854775808 is not in the range"),
        ("run s.yaml --executions 0", "Invalid value for '--executions': 0 is not in the range x>=1."),
        ("run s.yaml --engine toxy", "Invalid value for '--engine': 'toxy' is not one of"),
        ("reproduce f.yaml --times 0", "Invalid value for '--times': 0 is not in the range 1<=x<=100."),
        ("toxiproxy --port 65536", "Invalid value for '--port': 65536 is not in the range 0<=x<=65535."),
        ("record -o a.rec", "upstream is missing"),
    ],
)
def test_an_option_that_can_not_be_is_refused_with_2(
    foreshock: Callable[..., tuple[int, str, str]], called: dict[str, Any], line: str, problem: str
) -> None:
    code, out, err = foreshock(*line.split())
    assert (code, out, called) == (2, "", {})
    assert problem in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("shop.yaml:3: seed=x"), 2, "foreshock: shop.yaml:3: seed=x\n"),
        (HarnessError("the port is in use"), 3, "foreshock: the port is in use\n"),
        (InvalidRun("nothing was compared"), 3, "foreshock: nothing was compared\n"),
        (Interrupted(2), 130, "foreshock: interrupted by SIGINT: faults lifted, processes stopped\n"),
        (Interrupted(15), 143, "foreshock: interrupted by SIGTERM: faults lifted, processes stopped\n"),
        (OSError(28, "No space left on device"), 3, "foreshock: output: No space left on device\n"),
        (PermissionError(13, "Permission denied", "runs/a"), 3, "foreshock: runs/a: Permission denied\n"),
        (KeyboardInterrupt(), 130, "\nforeshock: interrupted\n"),  # below the terminal's ^C
    ],
)
def test_every_bad_end_is_one_line_and_its_exit_code(
    foreshock: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    line: str,
) -> None:
    def fail(_: Path, html: Path | None) -> int:
        raise error

    monkeypatch.setattr("scenarios.commands.show_shape", fail)
    assert foreshock("shape", "a.rec") == (code, "", line)


def test_a_bug_of_ours_is_3_and_never_1_which_would_say_that_something_was_found(
    foreshock: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path, html: Path | None) -> int:
        raise AssertionError("not idle")

    monkeypatch.setattr("scenarios.commands.show_shape", fail)
    code, _, err = foreshock("shape", "a.rec")
    assert code == 3
    assert "AssertionError: not idle" in err  # here the traceback is what helps
    assert err.splitlines()[-1].startswith("foreshock: this is a bug of Foreshock's, not of your system")


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_commands_answer_is_the_exit_code(
    foreshock: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr("scenarios.commands.run_scenario", lambda *_, **__: code)
    assert foreshock("run", "s.yaml") == (code, "", "")


def test_the_version_and_the_help_are_had_without_a_command(foreshock: Callable[..., tuple[int, str, str]]) -> None:
    assert foreshock("--version") == (0, f"foreshock, version {__version__}\n", "")
    code, out, err = foreshock("-h")
    assert (code, err) == (0, "")
    assert re.findall(r"^  (\w+)  ", out, flags=re.MULTILINE) == sorted(COMMANDS)


def test_there_is_help_on_every_command(foreshock: Callable[..., tuple[int, str, str]]) -> None:
    assert set(cli.commands) == set(COMMANDS)
    for command in COMMANDS:
        code, out, _ = foreshock(command, "--help")
        assert code == 0
        assert out.startswith(f"Usage: foreshock {command} [OPTIONS]")


def test_kinds_of_faults_are_listed_and_one_that_is_not_there_is_2(
    foreshock: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = foreshock("faults")
    assert (code, err) == (0, "")
    assert "\nlost_reply\n" in out
    assert foreshock("faults", "slow")[1].startswith("slow\n  Answers come late")
    code, out, err = foreshock("faults", "slwo")
    assert (code, out) == (2, "")
    assert err.startswith("foreshock: kind='slwo': not one of the kinds; did you mean 'slow'? (kinds: slow, ")


def test_a_reader_that_leaves_early_ends_us_like_any_other_filter() -> None:
    """`foreshock --help | true`: quiet, and neither 'clean' nor 'found'."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "scenarios.cli", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    with child.stderr as stderr:
        assert (stderr.read(), child.wait(timeout=20)) == ("", 141)
