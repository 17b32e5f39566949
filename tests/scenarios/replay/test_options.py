"""What is typed, as an order."""

import os
from pathlib import Path
from typing import Any

import pytest

from replayer.plan import Budget, Retry
from replayer.target import Tls
from replayer.traffic.looping import Loop
from replayer.traffic.selection import Selection
from replayer.traffic.slicing import Between, Instant
from scenarios.cli import main
from scenarios.replay.order import ReplayOrder

TARGET = "http://127.0.0.1:1"


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The order of a command line, or what is said where it is refused."""
    orders: list[ReplayOrder] = []
    monkeypatch.setattr("scenarios.replay.command.replay_traffic", lambda order: orders.append(order) or 0)

    def call(*words: str) -> ReplayOrder | str:
        with pytest.raises(SystemExit) as ended:
            main(["replay", "a.rec", "--target", TARGET, *words])
        if ended.value.code == 2:
            return capsys.readouterr().err
        return orders.pop()

    return call


def test_unasked_a_recording_goes_as_it_was(order: Any) -> None:
    assert order() == ReplayOrder(source=Path("a.rec"), target=TARGET, arguments=("a.rec", "--target", TARGET))


def test_everything_that_can_be_asked_is_in_the_order(order: Any, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(32))
    words = (
        (
            "--allow staging --allow other --between 10 2m --sessions a,b --sessions c --only 'GET *' --except /health "
            "--loop 3 --scale 2 --rate 50 --max-in-flight 9 --timeout 3s --late 20ms --no-bindings --retry exponential "
            "--retry-attempts 5 --retry-pause 1s --retry-most 4s --retry-on timeout --retry-on 503 --retry-unsafe "
            "--retry-budget 0.2 --redeliver --same 95% --insecure --seed 7 --runs there"
        )
        .replace("'GET *'", "GET_*")
        .split()
    )
    words = [word.replace("GET_*", "GET *") for word in words]
    asked = order(*words, "--ca", str(file), "--encrypt-key", str(file))
    assert asked.allow == ("staging", "other")
    assert asked.selection == Selection(
        between=Between(Instant(10.0), Instant(120.0)),
        sessions=("a", "b", "c"),
        only=("GET *",),
        but=("/health",),
        loop=Loop(rounds=3),
        scale=2,
        rate_per_s=50.0,
    )
    assert asked.budget == Budget(step_timeout_s=3.0, late_p99_s=0.02, max_in_flight=9)
    assert asked.retry == Retry(
        backoff="exponential", attempts=5, pause_s=1.0, most_s=4.0, on=("timeout", 503), unsafe=True, budget=0.2,
        redeliver=True,
    )  # fmt: skip
    assert (asked.bindings, asked.least_same, asked.seed, asked.runs) == (False, 0.95, 7, Path("there"))
    assert asked.tls == Tls(ca_file=str(file), insecure=True)
    assert asked.encrypt_key_file == file
    assert "--only 'GET *' --except /health" in asked.command


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--speed", "1000"], "--speed"),
        (["--rate", "0"], "--rate"),
        (["--scale", "0"], "--scale"),
        (["--loop", "often"], "expected a number of rounds such as '3', or a time such as '10m'"),
        (["--between", "5", "noon"], "expected seconds from the first request"),
        (["--retry-attempts", "3"], "say --retry fixed or --retry exponential"),
        (["--retry", "fixed", "--retry-on", "boredom"], "expected timeout, reset, cut, refused or a status"),
        (["--same", "101%"], "expected a share such as '99%'"),
        (["--timeout", "5"], "expected a duration such as '20s'"),
        (["--timeout", "0s"], "expected more than 0s"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(order: Any, words: list[str], why: str) -> None:
    assert why in " ".join(order(*words).split())
