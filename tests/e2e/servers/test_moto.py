"""Moto, a cloud's API with versions, key ids and receipts of its own: driven by boto3, replayed on a fresh one."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recorder.recording import Recording
from replayer.compare import Comparison
from replayer.from_recording import plan_of
from replayer.plan import Plan
from scenarios.ports import free_ports

REQUIREMENTS = ("moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "boto3==1.44.5")
HERE = Path(__file__).parent
# Moto tells the service that is meant by the scope of the signature, and checks none: the keys are no secrets.
# Every request has a signature of its own, by which nobody is known; their address tells them apart.
OPTIONS = ("--session-key", "header:X-Forwarded-For")
POLICY = 'rules: [{place: "header:Authorization", action: keep}]\n'


@pytest.fixture(scope="module")
def scripts(environment: Callable[..., Path]) -> Path:
    return environment("moto", *REQUIREMENTS)


@pytest.fixture(scope="module")
def fresh(scripts: Path, running: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def start(folder: Path) -> Iterator[str]:
        """A fresh Moto; its URL."""
        (port,) = free_ports(1)
        command = [scripts / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
        with running(command, f"http://127.0.0.1:{port}", folder / "log") as url:
            yield url

    return start


@pytest.fixture(scope="module")
def recording(
    scripts: Path,
    fresh: Callable[..., Any],
    recording_to: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Recording:
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "policy.yaml").write_text(POLICY)
    with (
        fresh(folder) as upstream,
        recording_to(folder / "moto.rec", upstream, 0, "--policy", str(folder / "policy.yaml"), *OPTIONS) as url,
    ):
        subprocess.run([scripts / "python", HERE / "moto_workers.py", url], check=True, timeout=60)
    return Recording.open(folder / "moto.rec")


@pytest.fixture
def answered(
    fresh: Callable[..., Any], replayed: Callable[[Plan, str], Comparison], tmp_path: Path
) -> Callable[[Plan], Comparison]:
    def answer(plan: Plan) -> Comparison:
        with fresh(tmp_path) as target:
            return replayed(plan, target)

    return answer


@pytest.mark.e2e
def test_the_recording_holds_versions_and_receipts_that_went_back_to_the_server(recording: Recording) -> None:
    plan = plan_of(recording, name="moto", seed=1)
    into = [binding.into for step in plan.steps for binding in step.bindings]
    assert len({step.session for step in plan.steps}) == 3
    assert into.count("query:versionId") == 3 * 4 * 3
    assert into.count("json:$.ReceiptHandle") == 3 * 4 * 3


@pytest.mark.e2e
def test_a_fresh_server_answers_the_replay_as_the_recorded_one_did(
    recording: Recording, answered: Callable[[Plan], Comparison]
) -> None:
    comparison = answered(plan_of(recording, name="moto", seed=1))
    assert comparison.not_sent == (), comparison.rows
    assert comparison.share is not None
    assert comparison.share >= 0.99, comparison.rows


@pytest.mark.e2e
def test_without_bindings_a_fresh_server_does_not_answer_as_the_recorded_one_did(
    recording: Recording, answered: Callable[[Plan], Comparison]
) -> None:
    comparison = answered(plan_of(recording, name="moto", seed=1, bindings=False))
    assert comparison.share is not None
    assert comparison.share < 0.9, comparison.rows
