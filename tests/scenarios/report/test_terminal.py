import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from scenarios.finding import Finding
from scenarios.report.story import tell
from scenarios.report.terminal import Terminal
from scenarios.reproduce import Reproduced
from scenarios.runrecord import Phase, RunRecord

Findings = tuple[Finding, ...]
MakeRecord = Callable[..., RunRecord]


class Captured(Terminal):
    """A terminal whose text can be read; piped and 200 columns wide, unless a console is given."""

    def __init__(self, console: Console | None = None) -> None:
        self.stream = io.StringIO()
        super().__init__(console or Console(file=self.stream, width=200, highlight=False))

    @property
    def lines(self) -> list[str]:
        return [" ".join(line.split()) for line in self.stream.getvalue().splitlines()]


def test_the_header_says_what_runs_and_with_what() -> None:
    terminal = Captured()
    terminal.header(
        scenario="shop", recording="shop.rec", seed=7, engine="embedded 0.1.0", versions={"foreshock": "0.1.0"}
    )
    assert terminal.lines == [
        "Foreshock shop",
        "recording shop.rec · seed 7 · faults by embedded 0.1.0",
        "foreshock 0.1.0",
        "",
    ]


def test_a_phase_is_a_line_and_each_link_and_each_check_that_did_not_hold_one_more(a_record: MakeRecord) -> None:
    terminal = Captured()
    terminal.phase(a_record().phases[1], a_record().phases)
    assert terminal.lines == [
        "shake 312 requests in 10.9 s: 252 ok, 12 refused, 48 unknown · status as recorded 263 of 312 (84 %)"
        " · checks: 2 held, 2 violated",
        "payments 131 requests (calm 82) · 2.1 for each of 60 steps (calm 1.1), at most 4 · 12 exact repeats (calm 0)"
        " · 9 not answered whole (calm 0) · 5 of no known step",
        "violated no order is charged twice: 1 row, the first order_id=1042 n=2",
        "violated customers can pay once the network is well: GET /payment-methods answered 503",
    ]


def test_a_phase_that_compared_nothing_claims_nothing() -> None:
    terminal = Captured()
    terminal.phase(Phase(name="explore", started_s=0.0, ended_s=2.0, sent=3, ok=3))
    assert terminal.lines == ["explore 3 requests in 2.0 s: 3 ok"]


def test_a_story_is_its_title_its_evidence_and_the_four_answers(findings: Findings) -> None:
    terminal = Captured()
    file = Path("runs/x/findings/k.yaml")
    terminal.stories([tell(findings[1], file)])
    assert terminal.lines[1:5] == [
        "1 of 1 Nobody can pay any more, 1.0 s after the network was well again",
        "fails 5/5, control 0/5 · WARNED · first seen in shake · customers can pay once the network is well",
        "Why was this state possible?",
        "- 6 requests of 1 session, under 1 fault: POST /login → POST /cart → POST /checkout 4 times.",
    ]
    assert terminal.lines[-1] == f"foreshock reproduce {file}"
    assert sum(line.endswith("?") for line in terminal.lines) == 4


def test_commands_and_paths_are_never_wrapped(findings: Findings, a_record: MakeRecord) -> None:
    terminal = Captured()
    long = Path("runs") / ("x" * 300)
    terminal.stories([tell(findings[0], long)])
    terminal.verdict(a_record(findings), long)
    assert f"foreshock reproduce {long}" in terminal.lines
    assert f"report {long}" in terminal.lines


def test_receipts_say_whether_a_fault_hit_and_where_that_cannot_be_seen(a_record: MakeRecord) -> None:
    terminal = Captured()
    terminal.receipts(a_record().phases)
    assert terminal.lines[3:] == [
        "shake payments-slow payments 3.1 s 12 of 14 at its place, of 131 requests 302 ms later, 3 unanswered yes",
        "shake payments-cut payments 1.2 s 0 of 14 at its place, of 131 requests no",
        "shake payments-down payments 800 ms 0 of 9 connections not visible",
        "payments-cut hit nothing: 14 requests passed it, and every answer came whole: its magnitude is beyond what"
        " they need",
        "payments-down may have hit, none can see: nothing was open, and a refused connection leaves no trace in"
        " the proxy",
    ]


def test_without_faults_there_is_no_table_of_receipts() -> None:
    terminal = Captured()
    terminal.receipts([Phase(name="calm", started_s=0.0, ended_s=1.0)])
    assert terminal.lines == []


def test_coverage_counts_the_pairs_and_shows_those_never_tried(a_record: MakeRecord) -> None:
    terminal = Captured()
    terminal.coverage(a_record())
    assert terminal.lines[1] == "Coverage: 29 of 30 pairs of route and fault"
    assert terminal.lines[2] == "route no fault brownout cut_reply down lost_reply slow"
    assert "POST /login 9 3 16 · 13 10" in terminal.lines


def test_the_search_says_how_often_it_could_not_say(a_record: MakeRecord) -> None:
    terminal = Captured()
    terminal.search(a_record())
    assert terminal.lines == [
        "",
        "search 150 plans run for real on 4 instances in 40.1 s, then 61 to minimise, 40 as evidence"
        " · 6.3 executions a second"
        " · on 3 plans a check could not say",
    ]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("passed", "PASSED why (exit 0: nothing was found)"),
        ("findings", "FINDINGS why (exit 1: findings)"),
        ("invalid", "INVALID why (exit 3: the run can say nothing about the system)"),
        ("interrupted", "INTERRUPTED why (interrupted: what was seen until then is in the run folder)"),
    ],
)
def test_the_verdict_says_what_the_exit_code_means(a_record: MakeRecord, result: str, said: str) -> None:
    terminal = Captured()
    record = msgspec.structs.replace(a_record(), result=result, reason="why")
    terminal.verdict(record, Path("runs/x/report.html"))
    assert terminal.lines[1:] == [said, "report runs/x/report.html", f"again {record.command}"]


@pytest.mark.parametrize(
    ("fails", "unknown", "said"),
    [
        (4, 0, "came back in 4 of 5 runs: charged twice"),
        (0, 0, "did not come back in any of 5 runs: charged twice"),
        (4, 1, "came back in 4 of 5 runs (1 could not say): charged twice"),
    ],
)
def test_reproducing_says_k_of_n(fails: int, unknown: int, said: str) -> None:
    terminal = Captured()
    terminal.reproduced(Reproduced(check="c", fails=fails, of=5, unknown=unknown, failing=None), "charged twice")
    assert terminal.lines == [said]


def test_values_from_traffic_neither_steer_the_terminal_nor_style_it(findings: Findings) -> None:
    terminal = Captured(None)
    evil = msgspec.structs.replace(findings[0], title="\x1b[2J[bold red]:smile:[/] gone", silent=("\x1b]0;owned\x07",))
    terminal.stories([tell(evil, Path("f.yaml"))])
    text = terminal.stream.getvalue()
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\ufffd[2J[bold red]:smile:[/] gone" in text


def test_a_pipe_gets_no_colour_and_a_fixed_width() -> None:
    stream = io.StringIO()
    Terminal.on(stream).note("record", "customers are shopping " + "and " * 40)
    assert "\x1b" not in stream.getvalue()
    assert max(map(len, stream.getvalue().splitlines())) <= 110


def test_a_stopped_run_says_in_one_line_to_be_copied_how_to_have_its_report() -> None:
    stream = io.StringIO()
    folder = Path("/home/of somebody", *["below"] * 30)
    Terminal.on(stream).kept(folder)
    assert stream.getvalue() == f"kept     foreshock report '{folder}'\n"
