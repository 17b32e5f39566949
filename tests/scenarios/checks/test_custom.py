import asyncio
from pathlib import Path
from typing import Any

import pytest

from scenarios.checks.custom import Custom
from scenarios.checks.probe import Unreadable
from scenarios.checks.runview import Answered, RunView
from scenarios.finding import CheckResult


def nobody(url: str) -> Answered:
    raise Unreadable(f"GET {url}: refused")


def rows(database: str, query: str) -> list[dict[str, Any]]:
    return [{"n": 7}]


VIEW = RunView((), (), nobody, rows)


def judged(body: str, folder: Path, longest_s: float = 10.0) -> CheckResult:
    (folder / "checks.py").write_text(f"import dataclasses\n\ndef no_order_is_lost(run):\n    {body}\n")
    return asyncio.run(Custom("checks.py:no_order_is_lost", folder, longest_s=longest_s).judge(VIEW))


def test_what_it_returns_is_its_verdict(tmp_path: Path) -> None:
    result = judged("return run.violated('order 7 is lost', state='lost')", tmp_path)
    assert (result.check, result.verdict, result.evaluated) == ("no order is lost", "violated", 1)
    assert (result.message, result.state) == ("order 7 is lost", "lost")


@pytest.mark.parametrize(
    ("body", "verdict", "message"),
    [
        ("return None", "held", "it held"),
        ("return run.held(f'{run.rows(1, 2)[0]} orders')", "held", "{'n': 7} orders"),
        ("return 'order 7 is lost'", "violated", "order 7 is lost"),
        ("return run.unknown('no order was made')", "unknown", "no order was made"),
        ("return {}['id']", "unknown", "the check itself failed: checks.py:4: KeyError: 'id'"),
        ("return True", "unknown", "the check itself failed: checks.py returned True; expected run.held()"),
        ("run.probe('http://x/')", "unknown", "its probe could not read: GET http://x/: refused"),
    ],
)
def test_what_it_does_is_told_apart(body: str, verdict: str, message: str, tmp_path: Path) -> None:
    result = judged(body, tmp_path)
    assert result.verdict == verdict
    assert result.message.startswith(message)


def test_one_that_never_ends_is_left_and_not_called_again(tmp_path: Path) -> None:
    (tmp_path / "stuck.py").write_text("import threading\ndef stuck(run):\n    threading.Event().wait()\n")
    check = Custom("stuck.py:stuck", tmp_path, longest_s=0.05)
    assert asyncio.run(check.judge(VIEW)).message == "it did not end within 0.05 s"
    assert asyncio.run(check.judge(VIEW)).message == "it did not end within 0.05 s after an earlier plan"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gone.py:check", "there is no file "),
        ("checks.py:chekc", "checks.py has no function 'chekc'"),
        ("checks.py:two", "two does not take one argument, the run; expected def two(run)"),
        ("checks.py:later", "later is async"),
        ("broken.py:check", "it could not be loaded: broken.py:2: ZeroDivisionError: division by zero"),
        ("torn.py:check", "it could not be loaded: torn.py:1: SyntaxError: "),
    ],
)
def test_what_cannot_be_loaded_says_why(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text("def two(run, more): ...\nasync def later(run): ...\n")
    (tmp_path / "broken.py").write_text("\n1 / 0\n")
    (tmp_path / "torn.py").write_text("def check(\n")
    with pytest.raises(ValueError, match=r"(?s).*") as caught:
        Custom(text, tmp_path)
    assert str(caught.value).startswith(why)
