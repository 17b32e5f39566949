from pathlib import Path

import msgspec
import pytest

from scenarios.downstream import Caused
from scenarios.finding import Beat, Evidence, Finding, LeadTime, Moved, Necessity, Rarity
from scenarios.report.story import QUESTIONS, commands, evidence_line, tell

FILE = Path("runs/20261101T150659Z-shop/findings/key.yaml")

Findings = tuple[Finding, ...]


def answer(finding: Finding, question: int, **changes: object) -> tuple[str, ...]:
    return tell(msgspec.structs.replace(finding, **changes), FILE).answers[question - 1].sentences


def test_every_story_answers_the_four_questions_in_order(findings: Findings) -> None:
    for finding in findings:
        assert tuple(said.question for said in tell(finding, FILE).answers) == QUESTIONS


def test_every_sentence_is_one_and_none_is_empty(findings: Findings) -> None:
    for finding in findings:
        for said in tell(finding, FILE).answers:
            assert said.sentences
            assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in said.sentences)
            assert all(sentence.endswith((".", "…")) for sentence in said.sentences)


def test_why_possible_says_the_smallest_plan_the_fault_and_what_happens_without_it(findings: Findings) -> None:
    assert answer(findings[0], 1) == (
        "3 requests of 1 session, under 1 fault: POST /login → POST /cart → POST /checkout.",
        "Fault lost_reply on payments during POST /checkout.",
        "On the failing run, POST /checkout (s4-3) asked payments for POST /charges 2 times, "
        "one an exact repeat of the other, none answered whole.",
        "Run again, 5 of 5 show it; the control (the same sessions as recorded, one by one and without faults) "
        "0 of 5 (p = 0.004).",
        "Without the fault lost_reply on payments during POST /checkout it never came: 0 of 5.",
    )


def test_what_was_asked_for_once_and_answered_is_not_told(findings: Findings) -> None:
    assert not any("GET /methods" in sentence for sentence in answer(findings[0], 1))


def test_much_that_was_asked_for_is_told_in_part_with_the_repeats_first(findings: Findings) -> None:
    asked = [Caused(link="l", route=f"GET /{n}", times=2, step="s4-3", repeats=int(n > 3)) for n in range(6)]
    said = [each for each in answer(findings[0], 1, downstream=tuple(asked)) if " asked l for " in each]
    assert ["GET /4" in said[0], "GET /5" in said[1], len(said)] == [True, True, 4]
    assert "2 more such requests." in answer(findings[0], 1, downstream=tuple(asked))


def test_why_possible_says_that_no_fault_was_needed_and_what_was_changed(findings: Findings) -> None:
    said = answer(findings[3], 1)
    assert said[0].startswith("4 requests of 1 session, on a network that is well: ")
    assert said[1:3] == (
        "Changed from the recording: value qty=12 in POST /cart (recorded: 2).",
        "Changed from the recording: value coupon=SPRING in POST /coupon (recorded: WELCOME).",
    )


def test_a_state_that_did_not_come_back_is_not_sold_as_proven(findings: Findings) -> None:
    never = Evidence(fails=0, of=20, control_fails=0, control_of=0, p_value=1.0)
    said = "It was seen 2 times and did not come back in 20 more runs: believe it with care."
    assert answer(findings[0], 1, hits=2, evidence=never)[-1] == said


def test_a_state_that_its_control_shows_as_often_is_not_sold_as_proven(findings: Findings) -> None:
    as_often = Evidence(fails=3, of=20, control_fails=3, control_of=20, p_value=0.67)
    assert "That does not tell the two apart: believe it with care." in answer(findings[0], 1, evidence=as_often)


def test_a_state_that_was_not_run_again_is_not_said_to_have_stayed_away(findings: Findings) -> None:
    assert evidence_line(None) == "seen once, not run again"
    said = "It was seen in the shake replay and not run again: how often it comes back is not measured."
    assert answer(findings[0], 1, phase="shake", evidence=None)[-1] == said


def test_the_evidence_line_is_k_of_n_against_the_control() -> None:
    evidence = Evidence(fails=4, of=5, control_fails=0, control_of=5, p_value=0.02)
    assert evidence_line(evidence) == "fails 4/5, control 0/5"


def test_why_unseen_tells_how_rare_the_path_is_and_what_stayed_quiet(findings: Findings) -> None:
    said = answer(findings[0], 2)
    assert said[0] == "The recording never has a payment that got no reply: 0 of 312 requests."
    assert said[1] == "The recording has login, then cart, then checkout in 41 of 60 sessions (68 %)."
    assert said[2].startswith("Meanwhile all looked well: POST /checkout answered 201; ")


def test_an_empty_recording_is_no_rarity(findings: Findings) -> None:
    rarity = (Rarity(what="POST /pay", seen=0, of=0, unit="requests"),)
    assert answer(findings[0], 2, rarity=rarity)[0].startswith("Not measured: how often the recording has POST /pay")


def test_why_allowed_names_what_had_to_meet_and_what_did_not(findings: Findings) -> None:
    assert answer(findings[3], 3)[:3] == (
        "2 things had to meet; take any one away and the state is gone.",
        "Without value qty=12 in POST /cart (recorded: 2) it never came: 0 of 5.",
        "Without value coupon=SPRING in POST /coupon (recorded: WELCOME) it never came: 0 of 5.",
    )
    assert "Without POST /login of s9 it still came, 3 of 20: it is not what decides." in answer(findings[2], 3)


def test_why_allowed_says_whether_the_system_refused_anything(findings: Findings) -> None:
    assert "The system accepted every request: 3 answers of 2xx or 3xx, none refused." in answer(findings[0], 3)
    assert answer(findings[1], 3)[-1] == (
        "The system accepted 2 of 6 requests; the others: "
        "POST /checkout: timeout after 2.0 s and POST /checkout: 503 in 3 ms."
    )


def test_a_websocket_that_was_opened_was_not_refused(findings: Findings) -> None:
    opened = Beat(t_s=1.0, session="s1", what="GET /chat", answer="101 in 12 ms")
    said = answer(findings[0], 3, timeline=(*findings[0].timeline, opened))
    assert "The system accepted every request: 4 answers of 101, 2xx or 3xx, none refused." in said


def test_recorded_values_are_said_to_be_recorded_only_where_none_was_changed(findings: Findings) -> None:
    unchanged = "Every value was one that the recording has: none was made up."
    assert unchanged in answer(findings[0], 3)
    assert unchanged not in answer(findings[3], 3)


def test_a_warning_is_told_with_its_signals_earliest_first_and_the_moment_users_saw_it(findings: Findings) -> None:
    assert answer(findings[1], 4) == (
        "It knew 3.2 s before users did: 3 of 143 signals moved.",
        "3.2 s before, storefront metric payments_pool_in_use: rose from at most 2 in calm to 3, then to 8.",
        '2.8 s before, storefront log WARN "payment attempt <*> timed out after <*> ms": '
        "never seen in calm; 14 lines in 2.8 s.",
        "500 ms after, payments metric http_requests_in_flight: rose from at most 4 in calm to 9.",
        "The first answer that failed for a user came at 6.4 s of the shaken replay: POST /checkout answered 503.",
    )


def test_silence_is_counted(findings: Findings) -> None:
    assert answer(findings[2], 4)[0] == "Nothing: 0 of 143 signals moved before users saw it."


def test_a_state_that_no_answer_shows_has_no_lead_time_and_its_signals_are_told(findings: Findings) -> None:
    said = answer(findings[0], 4)
    assert said[0] == (
        "Not known how long before: no answer failed in the smallest plan for users to see; 1 of 143 signals moved."
    )
    assert said[1].startswith("By 0.6 s, storefront log WARN")


def lead(verdict: str, *moved: Moved, watched: int = 10) -> LeadTime:
    return LeadTime(
        verdict=verdict,  # type: ignore[arg-type]
        watched=watched,
        first_failure_s=4.0,
        first_failure="GET / answered 500",
        moved=moved,
        seen_in="the shaken replay",
    )


def a_move(lead_s: float) -> Moved:
    return Moved(signal="pool", source="shop", kind="metric", moved_at_s=4.0 - lead_s, lead_s=lead_s, how="rose to 9")


def test_late_signals_are_called_late(findings: Findings) -> None:
    said = answer(findings[0], 4, lead=lead("LATE", a_move(-1.0)))
    assert said[:2] == (
        "Nothing in time: 1 of 10 signals moved, none of them before users did.",
        "1.0 s after, pool: rose to 9.",
    )


def test_many_signals_are_told_in_part_and_the_rest_counted(findings: Findings) -> None:
    said = answer(findings[0], 4, lead=lead("WARNED", *(a_move(n / 10) for n in range(9, 0, -1))))
    assert said[-2] == "4 more signals."


@pytest.mark.parametrize("nothing", [None, lead("UNKNOWN", watched=0)], ids=["no lead time", "nothing watched"])
def test_signals_that_nobody_watched_are_not_measured(findings: Findings, nothing: LeadTime | None) -> None:
    assert answer(findings[0], 4, lead=nothing)[0].startswith("Not measured: no signal was watched")


def test_what_was_not_measured_is_said_to_be_not_measured(findings: Findings) -> None:
    bare = msgspec.structs.replace(findings[0], necessary=(), rarity=(), silent=(), lead=None, timeline=())
    told = [sentence for said in tell(bare, FILE).answers[1:] for sentence in said.sentences]
    assert [sentence for sentence in told if not sentence.startswith("Not measured: ")] == [
        "Every value was one that the recording has: none was made up."
    ]


def test_a_necessity_that_was_never_run_decides_nothing(findings: Findings) -> None:
    never_run = (Necessity(element="fault slow on payments", fails=0, of=0),)
    assert not any("never came" in said for said in answer(findings[0], 1, necessary=never_run))
    assert not any("never came" in said for said in answer(findings[0], 3, necessary=never_run))


def test_the_commands_survive_a_shell() -> None:
    assert commands(Path("my runs/findings/it's.yaml"))[0].line == (
        """foreshock reproduce 'my runs/findings/it'"'"'s.yaml'"""
    )
    assert commands(FILE)[1].line == f'foreshock reproduce {FILE} --target "$STAGING_URL"'
