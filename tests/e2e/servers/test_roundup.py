"""Roundup, an issue tracker with cookies, HTML forms and one-time tokens: recorded, and replayed on a fresh one."""

import contextlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recorder.recording import Recording
from replayer.compare import Comparison
from replayer.from_recording import plan_of
from replayer.plan import Plan
from scenarios.ports import free_ports

REQUIREMENTS = ("roundup==2.6.0", "waitress==3.0.2")
HERE = Path(__file__).parent
PEOPLE = ("ada", "grace", "mary")
# What people log in with is a secret, and no replay can log in with what stands in for it: a test's own may stay.
POLICY = 'rules: [{place: "form:__login_password", action: keep}]\n'
SETTINGS = {
    "web": "http://127.0.0.1:{port}/",
    "domain": "example.test",
    "csrf_enforce_token": "required",
    "csrf_header_min_count": "0",
}


@pytest.fixture(scope="module")
def scripts(environment: Callable[..., Path]) -> Path:
    return environment("roundup", *REQUIREMENTS)


@pytest.fixture(scope="module")
def tracker(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracker's folder with three users and no issue; to be copied."""
    folder = tmp_path_factory.mktemp("roundup") / "tracker"
    admin = [scripts / "roundup-admin", "-i", folder]
    subprocess.run([*admin, "install", "classic", "sqlite"], check=True, capture_output=True)
    settle(folder, 1)
    subprocess.run([*admin, "initialise", "admin-at-work"], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    users = [f"create user username={name} password={name}-at-work address={name}@example.test roles=User"
             for name in PEOPLE]  # fmt: skip
    subprocess.run(admin, input="\n".join([*users, "commit", "quit", ""]), text=True, check=True, capture_output=True)
    return folder


def settle(folder: Path, port: int) -> None:
    """Writes SETTINGS; `port` is where browsers reach the tracker."""
    file = folder / "config.ini"
    text = file.read_text()
    for name, value in SETTINGS.items():
        text = re.sub(rf"(?m)^#?{name} = .*$", f"{name} = {value.format(port=port)}", text)
    file.write_text(text)


@pytest.fixture(scope="module")
def fresh(scripts: Path, tracker: Path, running: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def start(folder: Path, seen_at: int | None = None) -> Iterator[str]:
        """A fresh tracker; its URL. Browsers reach it at port `seen_at`, if not there."""
        (port,) = free_ports(1)
        shutil.copytree(tracker, folder)
        settle(folder, seen_at or port)
        command = [scripts / "python", HERE / "roundup_server.py", folder, str(port)]
        with running(command, f"http://127.0.0.1:{port}", folder / "log") as url:
            yield url

    return start


@pytest.fixture(scope="module")
def recording(
    fresh: Callable[..., Any], recording_to: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Recording:
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "policy.yaml").write_text(POLICY)
    (port,) = free_ports(1)
    with (
        fresh(folder / "tracker", seen_at=port) as upstream,
        recording_to(folder / "roundup.rec", upstream, port, "--policy", str(folder / "policy.yaml")) as url,
    ):
        subprocess.run([sys.executable, HERE / "roundup_reporters.py", f"{url}/"], check=True, timeout=60)
    return Recording.open(folder / "roundup.rec")


@pytest.fixture
def answered(
    fresh: Callable[..., Any], replayed: Callable[[Plan, str], Comparison], tmp_path: Path
) -> Callable[[Plan], Comparison]:
    def answer(plan: Plan) -> Comparison:
        with fresh(tmp_path / "tracker") as target:
            return replayed(plan, target)

    return answer


@pytest.mark.e2e
def test_the_recording_holds_forms_whose_tokens_went_back_to_the_tracker(recording: Recording) -> None:
    plan = plan_of(recording, name="roundup", seed=1)
    posts = [step for step in plan.steps if step.request.method == "POST"]
    assert len(posts) / len(plan.steps) >= 0.2
    tokens = [step for step in posts if any(binding.into == "form:@csrf" for binding in step.bindings)]
    assert len(tokens) == len(posts)


@pytest.mark.e2e
def test_a_fresh_tracker_answers_the_replay_as_the_recorded_one_did(
    recording: Recording, answered: Callable[[Plan], Comparison]
) -> None:
    comparison = answered(plan_of(recording, name="roundup", seed=1))
    assert comparison.not_sent == (), comparison.rows
    assert comparison.share is not None
    assert comparison.share >= 0.99, comparison.rows


@pytest.mark.e2e
def test_without_bindings_a_fresh_tracker_does_not_answer_as_the_recorded_one_did(
    recording: Recording, answered: Callable[[Plan], Comparison]
) -> None:
    comparison = answered(plan_of(recording, name="roundup", seed=1, bindings=False))
    assert comparison.share is not None
    assert comparison.share < 0.9, comparison.rows
