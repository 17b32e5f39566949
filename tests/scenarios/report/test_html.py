import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from replayer.comparing.shaken import Classed, Example
from scenarios.finding import Finding
from scenarios.report.html import page
from scenarios.report.story import Told, tell
from scenarios.report.timeline import charts
from scenarios.runrecord import RunRecord

Findings = tuple[Finding, ...]
MakeRecord = Callable[..., RunRecord]

_VOID = {"meta", "link", "br", "hr", "img", "input"}
_LOADING = {"src", "srcset", "href", "xlink:href", "action", "poster", "data", "background", "formaction"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{7*7}}\x00\x1b"


class Page(HTMLParser):
    """Reads a page and refuses what is not well formed: every element that opens closes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        assert len(attributes) == len(dict(attributes)), f"<{tag}> has an attribute twice"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.texts.append(text)

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


ROUTES = {"r102": "POST /checkout", "r106": "POST /checkout"}  # of the steps that the record's receipts name


def rendered(record: RunRecord, findings: Sequence[Finding], losses: Sequence[str] = ()) -> str:
    told = [Told(finding=finding, story=tell(finding, Path(f"f/{finding.key}.yaml"))) for finding in findings]
    return page(record, told, charts(record, [], [], findings), losses, ROUTES)


@pytest.fixture
def html(a_record: MakeRecord, findings: Findings) -> str:
    return rendered(a_record(findings), findings)


def test_the_page_is_well_formed_and_every_id_is_its_own(html: str) -> None:
    ids = Page(html).values("id")
    assert len(ids) == len(set(ids))


def test_everything_that_is_referred_to_by_id_is_there(html: str) -> None:
    read = Page(html)
    ids = set(read.values("id"))
    labels = {each for value in read.values("aria-labelledby") for each in value.split()}
    links = {value.removeprefix("#") for value in read.values("href")}
    fragments = set(re.findall(r"url\(#([^)]+)\)", html))
    assert labels | links | fragments <= ids


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    for tag, attributes in Page(html).elements:
        for name in _LOADING & set(attributes):
            assert (attributes[name] or "").startswith("#"), f"<{tag} {name}={attributes[name]!r}>"
    assert re.findall(r"https?://|@import|@font-face", html) == []


def test_the_policy_allows_our_own_style_and_script_and_nothing_else(html: str) -> None:
    policy = next(a["content"] for tag, a in Page(html).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    # so no inline style and no inline handler could work: there must be none
    attributes = {name for _, each in Page(html).elements for name in each}
    assert {name for name in attributes if name == "style" or name.startswith("on")} == set()


def made_evil(value: Any) -> Any:
    """`value` with every free text in it replaced; ids that others refer to get the same text."""
    if isinstance(value, msgspec.Struct):
        changes = {name: made_evil(getattr(value, name)) for name in value.__struct_fields__ if name not in _KEPT}
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(made_evil(item) for item in value)
    if isinstance(value, list):
        return [made_evil(item) for item in value]
    if isinstance(value, dict):
        return {f"{EVIL}{n}": made_evil(item) for n, item in enumerate(value.values())}
    return EVIL if isinstance(value, str) else value


# Enumerations, durations and the plan, whose types check them when they are built.
_KEPT = {"phase", "verdict", "kind", "result", "name", "plan", "event"}


def test_a_value_from_traffic_is_text_wherever_it_stands(a_record: MakeRecord, findings: Findings) -> None:
    evil = [made_evil(finding) for finding in findings]
    steps = tuple(msgspec.structs.replace(step, route=EVIL, session=EVIL) for step in findings[0].plan.steps)
    evil[0] = msgspec.structs.replace(evil[0], plan=msgspec.structs.replace(findings[0].plan, steps=steps))
    read = Page(rendered(made_evil(a_record(findings)), evil, losses=[EVIL]))
    assert [tag for tag, _ in read.elements if tag in ("script", "img")] == ["script"]
    assert "alert(1)" not in " ".join(read.values("class") + read.values("id"))
    assert "<script>alert(1)</script>" in read.text
    assert "{{7*7}}" in read.text
    assert not {"\x00", "\x1b"} & set("".join(read.texts))


def test_the_story_is_on_the_page_in_words(html: str, findings: Findings) -> None:
    text = Page(html).text
    for finding in findings:
        story = tell(finding, Path(f"f/{finding.key}.yaml"))
        for said in [finding.title, finding.message, *(s for answer in story.answers for s in answer.sentences)]:
            assert said in text
        assert story.commands[0].line in text


def test_every_picture_says_in_words_what_it_shows(html: str) -> None:
    pictures = [attributes for tag, attributes in Page(html).elements if attributes.get("role") == "img"]
    assert len(pictures) >= 6
    assert all("aria-labelledby" in picture or "aria-label" in picture for picture in pictures)
    assert "1. s4 asks POST /login, answered 200 in 12 ms." in Page(html).text
    assert "Fault lost_reply between system and payments at request 3." in Page(html).text


def test_tables_that_scroll_can_be_reached_by_keyboard(html: str) -> None:
    scrolling = [attributes for _, attributes in Page(html).elements if attributes.get("class") == "scroll"]
    assert scrolling
    assert all(attributes["tabindex"] == "0" and attributes["role"] == "region" for attributes in scrolling)


@pytest.mark.parametrize(
    ("result", "headline"),
    [
        ("passed", "Nothing was found"),
        ("invalid", "This run can say nothing"),
        ("interrupted", "Interrupted before the end"),
    ],
)
def test_a_run_without_findings_has_a_page_too(a_record: MakeRecord, result: str, headline: str) -> None:
    html = rendered(msgspec.structs.replace(a_record(), result=result), ())
    assert headline in Page(html).text
    assert "Findings" not in Page(html).text


def test_a_run_that_ended_before_its_first_phase_has_a_page_too(a_record: MakeRecord) -> None:
    record = msgspec.structs.replace(a_record(), result="interrupted", phases=(), search=None)
    assert "No phase was begun." in Page(rendered(record, ())).text


def test_a_plan_that_was_never_made_small_is_told_in_part(a_record: MakeRecord, findings: Findings) -> None:
    first = findings[1].plan.steps[0]
    steps = tuple(msgspec.structs.replace(first, id=f"n{n}", due_s=float(n), session=f"s{n % 60}") for n in range(312))
    beats = tuple(msgspec.structs.replace(findings[1].timeline[0], step=step.id) for step in steps)
    plan = msgspec.structs.replace(findings[1].plan, steps=steps)
    large = msgspec.structs.replace(findings[1], plan=plan, timeline=beats, evidence=None)
    html = rendered(a_record([large]), [large])
    assert "The plan is too large to be drawn: 312 requests." in Page(html).text
    assert "212 more requests in the finding's file." in Page(html).text
    assert len(html) < 120_000


def test_a_receipt_tells_what_it_hit_what_was_seen_and_which_steps_and_connections(html: str) -> None:
    text = Page(html).text
    assert (
        "payments-slow shake payments 3.1 s 12 of 14 at its place, of 131 requests 302 ms later, 3 unanswered" in text
    )
    assert "steps POST /checkout (r102 and r106)" in text
    assert "connections 3 and 5" in text
    assert "Hit nothing: 14 requests passed it, and every answer came whole" in text


def test_what_the_links_carried_is_a_row_for_each_phase(html: str) -> None:
    text = Page(html).text
    assert "payments calm 82 78 1.1 2 0 0 0 payments shake 131 60 2.1 4 12 9 5" in text


def test_what_became_of_each_shaken_step_is_a_row_for_each_class(a_record: MakeRecord) -> None:
    first = (Example(step="s7", route="POST /pay", differs="json:$.total: value"),)
    classes = (Classed(name="wrong success", count=1, first=first), Classed(name="same", count=1_204))
    record = a_record()
    phases = tuple(msgspec.structs.replace(phase, classes=classes) for phase in record.phases[-1:])
    text = Page(rendered(msgspec.structs.replace(record, phases=phases), ())).text
    assert "wrong success 1 POST /pay s7, json:$.total: value same 1,204" in text


def test_a_run_whose_links_carried_nothing_has_no_table_of_them(a_record: MakeRecord) -> None:
    record = a_record()
    phases = tuple(msgspec.structs.replace(phase, links=()) for phase in record.phases)
    assert "caused downstream" not in rendered(msgspec.structs.replace(record, phases=phases), ())


def test_a_finding_tells_what_each_of_its_steps_asked_for(html: str) -> None:
    assert "POST /checkout s4-3 payments POST /charges 2 1 2 traceparent" in Page(html).text


def test_what_could_not_be_read_is_said_first(a_record: MakeRecord) -> None:
    text = Page(rendered(a_record(), (), losses=["outcomes.jsonl.zst is cut off"])).text
    assert text.index("outcomes.jsonl.zst is cut off") < text.index("Phases What was sent")
