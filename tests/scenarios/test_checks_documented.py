"""docs/checks.md keeps its promises: what it shows loads."""

import re
from pathlib import Path

from scenarios.accepted import read_accepted
from scenarios.loading import load_scenario

DOCS = Path(__file__).parents[2] / "docs"
HEAD = """\
version: 1
name: shop
processes:
  shop: {command: [shop], ready: {tcp: "${processes.shop.address}"}}
target: "${processes.shop.url}"
"""


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / document).read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_checks_of_the_document_load(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text("\n".join(blocks("checks.md", "python")))
    (tmp_path / "shop.yaml").write_text(HEAD + "".join(blocks("checks.md", "yaml")))
    scenario = load_scenario(tmp_path / "shop.yaml", {})
    assert [each.when for each in scenario.invariants] == ["expect", "expect", "never", "sometimes"]
    assert [len(machine.seen) for machine in scenario.states] == [3]
    assert scenario.checks == ("checks.py:every_payment_has_an_order",)


def test_the_accepted_finding_of_the_document_reads(tmp_path: Path) -> None:
    (example,) = blocks("findings.md", "yaml")
    (tmp_path / "accepted.yaml").write_text(example)
    (entry,) = read_accepted(tmp_path / "accepted.yaml")
    assert entry.until == "2026-12-31"
