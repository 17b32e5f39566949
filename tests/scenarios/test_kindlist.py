"""What people are told of the kinds of faults is what the catalogue has, and every example can be copied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faults.catalogue import KINDS, Kind
from foreshock.errors import UsageError
from scenarios.faultplan import faults_of
from scenarios.kindlist import COLUMNS, kind_text, kinds_table, kinds_text
from scenarios.loading import load_scenario
from scenarios.scenario import Scenario

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
PLACES = PAGE.read_text(encoding="utf-8").partition("## Places")[2].partition("## Ramps")[0]
LINKS = 'links: {payments: {upstream: "127.0.0.1:9000"}}\n'


def load(text: str, folder: Path) -> Scenario:
    """The scenario in which `text` stands."""
    file = folder / "s.yaml"
    file.write_text(f"version: 1\nname: s\ntarget: http://127.0.0.1:8000\n{text}")
    return load_scenario(file, {})


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_example_is_a_fault_of_a_scenario_as_it_stands(kind: Kind, tmp_path: Path) -> None:
    scenario = load(f"{LINKS}faults:\n  - {kind.example}\nstop: none\n", tmp_path)
    assert scenario.faults[0].kind == kind.name
    assert faults_of(scenario, 60.0)


def test_the_page_about_faults_begins_with_a_scenario_that_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [fault.kind for fault in faults_of(load(example, tmp_path), 60.0)] == ["slow", "lost_reply"]


@pytest.mark.parametrize("words", re.findall(r"^\| `(.*?)` \| ", PLACES, flags=re.MULTILINE))
def test_every_place_on_the_page_can_be_said_in_a_scenario(words: str, tmp_path: Path) -> None:
    place = words.replace("`, `", ", ").replace("{...}", "{from: 10%, for: 1s}").replace("STEP", "s12")
    scenario = load(f"{LINKS}faults: [{{link: payments, kind: stall, {place}}}]\nstop: none\n", tmp_path)
    assert faults_of(scenario, 60.0)


def test_all_kinds_are_listed_with_their_stories_arguments_and_examples() -> None:
    text = kinds_text()
    assert re.findall(r"^(\w+)$", text, flags=re.MULTILINE) == list(KINDS)
    assert all(kind_text(name) in text for name in KINDS)
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert text.isascii()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_one_kind_is_told_whole(kind: Kind) -> None:
    lines = kind_text(kind.name).splitlines()
    told = " ".join(line.strip() for line in lines)
    assert told.startswith(f"{kind.name} {kind.does} {kind.imitates}")
    assert lines[-1] == f"  - {kind.example}"
    for argument in (*kind.arguments, *kind.verbatim):
        assert re.search(rf"^    {argument.name} +{re.escape(argument.meaning)} \(", "\n".join(lines), re.MULTILINE)


def test_an_argument_is_told_with_its_limits_and_what_it_is_when_left_out() -> None:
    assert kind_text("slow").splitlines()[4:7] == [
        "    latency_ms  how much later an answer comes (1 to 86400000; required)",
        "    jitter_ms   drawn anew, more or less by up to so much (0 to 86400000; 0 if not given)",
        "    ramp        its magnitude can grow and shrink, such as with {up: 30%, down: 10%, steps: 5}",
    ]


@pytest.mark.parametrize(
    ("name", "mend"), [("slwo", "; did you mean 'slow'?"), ("lost-reply", "; did you mean 'lost_reply'?"), ("x", "")]
)
def test_an_unknown_kind_is_refused_with_the_near_name_and_the_list(name: str, mend: str) -> None:
    with pytest.raises(UsageError) as refused:
        kind_text(name)
    assert str(refused.value) == f"kind={name!r}: not one of the kinds{mend} (kinds: {', '.join(KINDS)})"


def test_the_page_about_faults_has_the_catalogues_table() -> None:
    mend = "put what `python -P -m scenarios.kindlist` prints into docs/faults.md"
    assert kinds_table() in PAGE.read_text(encoding="utf-8"), mend
