"""A declared invariant: what its probe reads must satisfy its expression once the network is well.

It needs no control: the user has said what must hold. It is read again and again until it holds (and what was read has
stayed equal for the settling time, so that work still under way is not missed) or until its `within` is over.

- held: the expression was true on what was read.
- violated: it was false to the end.
- unknown: at the end the state could not be read (timeout, refused, a 5xx although the expression does not look at
  `status`, SQL that fails), or the expression could not be evaluated on it.

What must hold at `every` read, `never` be, or be true `sometimes` is judged by `scenarios.checks.during`.

Where it can be wrong: a state that is impossible only for a moment heals before it is read; a state that takes longer
than `within` to become right is called violated.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec

from foreshock.clock import Clock
from scenarios.checks.expression import HTTP_NAMES, SQL_NAMES, Expression, Unevaluable
from scenarios.checks.probe import Unreadable, Values, read_http, read_sql
from scenarios.declared import Invariant
from scenarios.finding import CheckResult, Verdict

Redact = Callable[[str], str]

_PAUSE_S = 0.05  # between two reads
_KEPT_ROWS = 20
_KEPT_CHARACTERS = 2_000
_ASKED = {"expect": "{}", "every": "always {}", "never": "never {}", "sometimes": "sometimes {}"}


class Reading(msgspec.Struct, frozen=True):
    """One read: the verdict it would give, what was read (None if nothing could be), and the reason of an unknown."""

    verdict: Verdict
    values: Values | None
    reason: str = ""


class InvariantCheck:
    """`invariant` has no variables left. `redact` is applied to all text that is kept of what was read; `tls` is how
    what it asks over https is verified: against what this machine trusts, if not given."""

    def __init__(self, invariant: Invariant, redact: Redact, tls: ssl.SSLContext | None = None) -> None:
        self.invariant = invariant
        self._redact = redact
        self._tls = tls
        self._expression = Expression(invariant.expression, SQL_NAMES if invariant.sql else HTTP_NAMES)

    async def read(self) -> Reading:
        """Reads and evaluates once. Of what may `never` be, a read on which the expression is false has held."""
        try:
            values = await self._values()
        except Unreadable as error:
            return Reading("unknown", None, str(error))
        if values.get("status", 200) >= 500 and not self._expression.reads("status"):
            return Reading("unknown", values, f"the probe was answered {values['status']}")
        try:
            good = self._expression.holds(values) != (self.invariant.when == "never")
        except Unevaluable as error:
            return Reading("unknown", values, str(error))
        return Reading("held" if good else "violated", values)

    async def _values(self) -> Values:
        if self.invariant.sql is not None:
            return await read_sql(self.invariant.sql)
        assert self.invariant.http is not None  # exactly one, the type holds it
        return await read_http(self.invariant.http, self._tls)

    @property
    def asked(self) -> str:
        """What is expected: 'size(rows) == 1', 'never status == 500', 'no row'."""
        if self.invariant.finds_none:
            return "no row"
        return _ASKED[self.invariant.when].format(self.invariant.expression)

    def result(self, last: Reading, reads: int) -> CheckResult:
        """The verdict of the `last` of so many `reads`."""
        evaluated = reads if last.verdict != "unknown" else 0
        return self.made(last.verdict, evaluated, self.said(last), last)

    def said(self, last: Reading) -> str:
        """What a read came to, in words."""
        if last.verdict == "unknown":
            return f"could not be judged: {last.reason}"
        return f"{'it held' if last.verdict == 'held' else 'it did not hold'} on {_read(last.values or {})}"

    def made(self, verdict: Verdict, evaluated: int, said: str, shown: Reading) -> CheckResult:
        """A result whose evidence is what was `shown` by a read."""
        return CheckResult(
            check=self.invariant.name,
            verdict=verdict,
            evaluated=evaluated,
            message=self._redact(f"expected {self.asked}; {said}"),
            observed=_bounded(shown.values, self._redact),
        )


async def judge_invariants(
    checks: Sequence[InvariantCheck], *, settle_s: float, clock: Clock
) -> tuple[CheckResult, ...]:
    """Every check's result, in order; all are read side by side, from now on (the faults have just been lifted)."""
    return tuple(await asyncio.gather(*(_eventually(check, settle_s, clock) for check in checks)))


async def _eventually(check: InvariantCheck, settle_s: float, clock: Clock) -> CheckResult:
    """Reads until it has held on equal reads for the settling time, or until its time is over."""
    reads = [reading async for reading in settling(check, settle_s, clock)]
    return check.result(reads[-1], len(reads))


async def settling(check: InvariantCheck, settle_s: float, clock: Clock) -> AsyncIterator[Reading]:
    """Reads, one at least, until the check has held on equal ones for the settling time, or its `within` is over."""
    ends_s = clock() + max(check.invariant.within_s, settle_s)
    last, equal_since_s = await check.read(), clock()
    yield last
    while (now_s := clock()) < ends_s and not (last.verdict == "held" and now_s - equal_since_s >= settle_s):
        await asyncio.sleep(_PAUSE_S)
        reading = await check.read()
        if reading.values != last.values:
            equal_since_s = clock()
        last = reading
        yield last


def _read(values: Values) -> str:
    if "rows" in values:
        count = len(values["rows"])
        return f"{count} row{'' if count == 1 else 's'}" + (f", first {values['rows'][0]}" if count else "")
    return f"status {values['status']}"


def _bounded(values: Values | None, redact: Redact) -> Any:
    """What was read, small enough to keep and redacted: the first rows, or the status and the beginning of the body."""
    if values is None:
        return None
    if "rows" not in values:
        return {"status": values["status"], "body": redact(values["body"][:_KEPT_CHARACTERS])}
    kept = json.dumps([_cut(row) for row in values["rows"][:_KEPT_ROWS]], ensure_ascii=False)
    redacted = redact(kept)  # as one text: what a column is called says whether its value may be kept
    try:
        rows = json.loads(redacted)
    except ValueError:  # a number became a pseudonym
        rows = redacted
    return {"rows": rows, "row_count": len(values["rows"])}


def _cut(row: Values) -> Values:
    return {name: value[:_KEPT_CHARACTERS] if isinstance(value, str) else value for name, value in row.items()}
