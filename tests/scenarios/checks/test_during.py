import asyncio
import time
from pathlib import Path

from scenarios.checks.during import Sighting, Watched, closed, seen_at_the_end, watching
from scenarios.checks.invariant import InvariantCheck
from scenarios.checks.probe import Unreadable, Values
from scenarios.declared import Invariant, SqlProbe
from scenarios.finding import CheckResult

PROBE = SqlProbe(database="books.db", query="SELECT n FROM stock")


class Stock(InvariantCheck):
    """Reads one number after the other, the last one again and again; None cannot be read."""

    def __init__(self, invariant: Invariant, *numbers: int | None) -> None:
        super().__init__(invariant, str)
        self.left = list(numbers)

    async def _values(self) -> Values:
        number = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if number is None:
            raise Unreadable("it is away")
        return {"rows": [{"n": number}]}


def every(expression: str = "rows[0].n >= 0") -> Invariant:
    return Invariant(name="stock", sql=PROBE, every=expression)


async def looked(log: Watched, reads: int) -> None:
    for _ in range(1_000):
        if log.judged + log.unread >= reads:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not {reads} reads")


def watched(check: Stock, reads: int) -> CheckResult:
    """Its result after so many reads during a plan."""

    async def judge() -> CheckResult:
        async with watching([check], time.monotonic) as (log,):
            await looked(log, reads)
        return await closed(log, time.monotonic(), 0.0, time.monotonic)

    return asyncio.run(judge())


def test_what_heals_before_the_end_was_still_wrong() -> None:
    result = watched(Stock(every(), 3, -1, 3), 3)
    assert result.verdict == "violated"
    assert result.message.startswith("expected always rows[0].n >= 0; it did not hold on 1 row, first {'n': -1}, ")
    assert result.observed == {"rows": [{"n": -1}], "row_count": 1}


def test_what_held_at_every_read_says_how_many_there_were() -> None:
    result = watched(Stock(every(), 3), 2)
    assert (result.verdict, result.evaluated) == ("held", 3)
    assert result.message.endswith("; 2 reads during the plan held too")


def test_what_is_wrong_only_at_the_end_is_seen_there() -> None:
    result = watched(Stock(every(), 3, -1), 1)
    assert result.verdict == "violated"


def test_never_is_the_other_way_round() -> None:
    never = Invariant(name="stock", sql=PROBE, never="rows[0].n < 0")
    assert watched(Stock(never, 3), 1).verdict == "held"
    result = watched(Stock(never, -1), 1)
    assert (result.verdict, result.message.split(";")[0]) == ("violated", "expected never rows[0].n < 0")


def test_reads_that_fail_under_the_faults_say_nothing_and_are_counted() -> None:
    result = watched(Stock(every(), None, 3), 2)
    assert result.verdict == "held"
    assert "1 could not be judged" in result.message


def test_without_a_last_read_nothing_is_said() -> None:
    result = watched(Stock(every(), 3, None), 2)
    assert (result.verdict, result.evaluated) == ("unknown", 0)


def sighted(*numbers: int | None) -> Sighting:
    check = Stock(Invariant(name="sold out", sql=PROBE, sometimes="rows[0].n == 0"), *numbers)

    async def judge() -> Sighting:
        async with watching([check], time.monotonic) as (log,):
            await looked(log, 2)
        return await seen_at_the_end(log, 0.0, time.monotonic)

    return asyncio.run(judge())


def test_once_is_enough_for_sometimes() -> None:
    assert sighted(3, 0, 3).never == ""


def test_a_sometimes_that_never_was_says_so_over_all_plans() -> None:
    never = sighted(3, 2) + sighted(1)
    assert (never.true, never.judged) == (0, 6)
    assert never.never.startswith("check 'sold out': rows[0].n == 0 was never true, at none of 6 reads (the last: ")
    assert (never + sighted(0)).never == ""


def test_a_sometimes_that_nobody_could_read_says_that() -> None:
    assert "no read could be judged (the last: could not be judged: it is away)" in sighted(None).never


def test_files_are_read_where_they_are(tmp_path: Path) -> None:
    gone = InvariantCheck(
        Invariant(name="x", sql=SqlProbe(database=str(tmp_path / "no.db"), none="SELECT 1"), within="1ms"), str
    )
    assert gone.result(asyncio.run(gone.read()), 1).message.startswith("expected no row; could not be judged: there is")
