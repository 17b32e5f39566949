"""What a replay says about the target: as recorded, not as recorded, or nothing (laws 4, 5 and 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from scenarios.finding import CheckResult
from scenarios.finding import Verdict as Known
from scenarios.replay.tally import Tally
from scenarios.report.wording import counted, listed, share
from scenarios.runrecord import Result

CHECK = "answers are as recorded"

_KNOWN: Mapping[Result, Known] = {"passed": "held", "findings": "violated"}
_THEIRS = frozenset({"unbound"})  # not sent because an answer was not what it had been


class Verdict(msgspec.Struct, frozen=True):
    result: Result
    reason: str  # one sentence

    @property
    def exit_code(self) -> int:
        return {"passed": 0, "findings": 1}.get(self.result, 3)


class Same(NamedTuple):
    """Of `compared` requests `same` were answered as recorded."""

    compared: int
    same: int


def judged(tally: Tally, same: Same, *, least_same: float, late_p99_s: float) -> Verdict:
    """Of the requests that were compared, or could not be sent because of an answer, `least_same` have to be as
    recorded. What we could not send ourselves is unknown: unless it decides nothing, nothing is said."""
    if not tally.sent:
        return Verdict("invalid", f"nothing was sent{_why(tally)}")
    if not tally.answered:
        kinds = listed([kind for kind, _ in tally.errors.most_common()])
        return Verdict("invalid", f"the target answered none of {counted(tally.sent, 'request')} ({kinds})")
    if not same.compared:
        return Verdict("invalid", f"{counted(tally.sent, 'request')} sent, and none has a recorded answer to compare")
    if doubt := tally.fidelity.doubt(late_p99_s):
        return Verdict("invalid", f"we were late ourselves: {doubt}")
    return _compared(tally, same, least_same)


def incomplete(lost: Sequence[str]) -> Verdict | None:
    """Where workers died amid their share, what their steps met is unknown, and nothing is said of the whole."""
    if not lost:
        return None
    return Verdict(
        "invalid",
        f"incomplete: {counted(len(lost), 'worker')} died amid the replay ({listed(lost)}), and what was sent by it "
        "is not known; look at that machine, and run it again",
    )


def check_of(tally: Tally, verdict: Verdict) -> CheckResult:
    """The same as a check of the run's only phase, for the report and for CI."""
    return CheckResult(
        check=CHECK, verdict=_KNOWN.get(verdict.result, "unknown"), evaluated=tally.compared, message=verdict.reason
    )


def _compared(tally: Tally, met: Same, least_same: float) -> Verdict:
    theirs = sum(count for kind, count in tally.not_sent.items() if kind in _THEIRS)
    ours = sum(tally.not_sent.values()) - theirs
    of = met.compared + theirs
    said = (
        f"{met.same:,} of {counted(of, 'request')} ({share(met.same, of)}) were answered as recorded; "
        f"{100 * least_same:g} % are asked for"
    )
    if theirs:
        said += f"; {theirs:,} could not be sent, for want of values that answers had not"
    if met.same >= least_same * (of + ours):
        return Verdict("passed", said)
    if met.same + ours < least_same * (of + ours):
        return Verdict("findings", said)
    return Verdict("invalid", f"{said}; {ours:,} more could not be sent by us{_why(tally)}")


def _why(tally: Tally) -> str:
    """' (unsupported: ..., unbound: ...)', an example of each kind of reason."""
    examples = [tally.not_sent_examples[kind] for kind, _ in tally.not_sent.most_common()]
    return f" ({'; '.join(examples)})" if examples else ""
