"""The documents keep their promises: the README's scenario loads, links lead somewhere, dependencies have reasons."""

import re
import tomllib
from pathlib import Path

import pytest

from scenarios.loading import load_scenario

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readmes_scenario_is_ten_lines_and_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", text("README.md"), flags=re.DOTALL)
    file = tmp_path / "orders.yaml"
    file.write_text(example)
    scenario = load_scenario(file, {})
    assert len(example.splitlines()) == 10
    assert [invariant.name for invariant in scenario.invariants] == ["no order is charged twice"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_named_files_lead_somewhere(name: str) -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", text(name))
    named = re.findall(r"`((?:foreshock|recorder|faults|replayer|scenarios|tests)/[\w/.]*)`", text(name))
    assert [path for path in (*linked, *named) if not (ROOT / path).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = {re.split(r"[<>=;\s]", item)[0] for item in project["dependencies"]}
    reasons = "".join(line for line in text("CONTRIBUTING.md").splitlines(keepends=True) if line.startswith("| "))
    assert {name for name in wanted if f"| {name} |" not in reasons} == set()
