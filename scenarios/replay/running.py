"""`foreshock replay`, from what was asked to the exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from foreshock.clock import Anchor
from foreshock.errors import ForeshockError
from recorder.key import read_key
from recorder.redact import Redactor
from replayer.filling.filling import Filled
from replayer.outcome import Outcome
from replayer.process.job import Done
from replayer.target import Target
from replayer.traffic.account import Account
from scenarios.replay.answers import Answers
from scenarios.replay.bindings import BindingsHeld
from scenarios.replay.draining import run_draining
from scenarios.replay.garbage import rarely_collected
from scenarios.replay.guard import check_it_is_there, check_target
from scenarios.replay.opening import Opened, opened
from scenarios.replay.order import ReplayOrder
from scenarios.replay.recordkeeping import Records
from scenarios.replay.sending import send
from scenarios.replay.tally import Tally
from scenarios.replay.teaming import send_by_team
from scenarios.replay.telling import Telling
from scenarios.replay.verdict import Same, Verdict, incomplete, judged
from scenarios.runlines import Redact

OnOutcome = Callable[[Outcome], None]


def run_replay(order: ReplayOrder, telling: Telling) -> int:
    """0 if the answers were as recorded, 1 if not, 3 if that cannot be said; 130 or 143 after a signal.

    Raises UsageError for what cannot be replayed as asked, HarnessError where the target or the engine failed; what
    was seen until then is in the run folder.
    """
    account = Account()
    redact = Redactor(read_key(None)).text
    target = Target.parse(order.target, order.tls)
    answers = _answers(order, target, redact) if _looks_into_answers(order) else None
    traffic = opened(order, account, answers.twins if answers else None)
    check_target(target, order.target, order.allow, traffic.upstream)
    return _Replay(order, traffic, target, account, answers, redact, telling).run()


def _looks_into_answers(order: ReplayOrder) -> bool:
    return order.masks_file is not None or order.learn_masks_file is not None


def _answers(order: ReplayOrder, target: Target, redact: Redact) -> Answers:
    return Answers(order.masks_file, order.learn_masks_file, redact, target.authority)


class _Replay:
    def __init__(
        self,
        order: ReplayOrder,
        traffic: Opened,
        target: Target,
        account: Account,
        answers: Answers | None,
        redact: Redact,
        telling: Telling,
    ) -> None:
        self._order = order
        self._bindings = BindingsHeld()
        self._traffic = msgspec.structs.replace(traffic, steps=self._bindings.watched(traffic.steps))
        self._target = target
        self._account = account
        self._answers = answers
        self._redact = redact
        self._telling = telling
        self._tally = Tally()
        self._took_s = 0.0
        self._filled: Filled | None = None
        self._lost: tuple[str, ...] = ()  # workers

    def run(self) -> int:
        self._telling.begin(self._order)
        records = Records.create(self._order, Anchor.now(), self._tally, self._redact)
        try:
            _, signalled = run_draining(lambda stop: self._send(records, stop))
        except ForeshockError as error:
            self._end(records, Verdict("invalid", str(error)))
            raise
        except BaseException:
            self._end(records, Verdict("interrupted", "it was stopped before its end"))
            raise
        if signalled is not None:
            self._end(records, Verdict("interrupted", f"it was stopped after {self._tally.steps:,} requests"))
            return signalled
        verdict = incomplete(self._lost) or judged(
            self._tally,
            self._same(),
            least_same=self._order.least_same,
            late_p99_s=self._traffic.header.budget.late_p99_s,
        )
        self._end(records, verdict)
        return verdict.exit_code

    def _same(self) -> Same:
        """By the whole answers where there are masks, else by their statuses."""
        compared = self._answers.compared if self._answers else None
        if compared is None:
            return Same(self._tally.compared, self._tally.same)
        return Same(compared.compared, compared.same)

    async def _send(self, records: Records, stop: asyncio.Event) -> None:
        await check_it_is_there(self._target, self._order.target)
        began = Anchor.now()
        with rarely_collected(), self._telling.progress(self._traffic.total, self._tally) as progress:

            def one_more(outcome: Outcome) -> None:
                self._tally.add(outcome)
                self._bindings.meet(outcome)
                if self._answers:
                    self._answers.meet(outcome)
                records.keep(outcome)
                progress.one_more()

            try:
                done = await self._by_engine(records, one_more, stop)
                self._tally.finish(done.fidelity)
                self._filled = done.filled
            finally:
                self._took_s = began.elapsed_s()

    async def _by_engine(self, records: Records, on_outcome: OnOutcome, stop: asyncio.Event) -> Done:
        if self._order.workers is None:
            return await send(self._traffic, self._target, records.begin, on_outcome, stop)
        done = await send_by_team(
            self._order,
            self._order.workers,
            self._traffic,
            self._target,
            self._account,
            records.begin,
            on_outcome,
            self._telling.worker,
            stop,
        )
        self._lost = done.lost
        return done

    def _end(self, records: Records, verdict: Verdict) -> None:
        """Tells and keeps what there is."""
        sentences = [*self._account.sentences(), *self._traffic.tears]
        if self._answers:
            sentences += self._answers.learned(
                f"{self._order.source} and its replay to {self._order.target}",
                says_something=verdict.result in ("passed", "findings"),
            )
        records.losses = tuple(sentences)
        records.write(verdict)
        page = records.close()
        if self._tally.steps:
            self._tell(sentences)
        if self._tally.steps or verdict.result == "interrupted":
            self._telling.verdict(verdict, self._order, records.path, page)

    def _tell(self, sentences: list[str]) -> None:
        self._telling.end(self._tally, self._took_s, sentences)
        if self._answers and (compared := self._answers.compared):
            self._telling.compared(compared)
        if self._filled is not None:
            self._telling.filled(self._filled)
        if self._account.learner is not None:
            self._telling.meaning(self._account.learner.meaning)
        self._telling.verified(self._bindings.verified)
