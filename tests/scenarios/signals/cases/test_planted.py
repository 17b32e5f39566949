"""Ten services that know something before their users do, each with a twin that is mended. On a simulated clock.

A run lasts two minutes, scraped every quarter of a second; what is planted begins at 40 s, users see it at 80 s. Calm
is learned from three runs of the mended twin.
"""

import math
import random
from collections.abc import Callable, Sequence

import msgspec
import pytest

from faults.call import Call
from recorder.listen.signal import LogLine, Sample
from replayer.outcome import Answer, Attempt, Outcome
from scenarios.finding import LeadTime
from scenarios.signals.baseline import Baseline
from scenarios.signals.leadtime import judge
from scenarios.signals.recovery import Times, recovery
from scenarios.signals.retrying import retrying
from scenarios.signals.signallog import SignalLog

LASTS_S, PLANTED_S, FAILS_S = 120.0, 40.0, 80.0
EVERY_S = 0.25
WITHIN_S = 1.0  # of the truth

Service = Callable[["Clockwork", bool], None]


class Clockwork:
    """A run of a service: every quarter of a second it may say something. `noise` is its own, drawn from the seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.ticks = [round(index * EVERY_S, 6) for index in range(int(LASTS_S / EVERY_S))]
        self.samples: list[Sample] = []
        self.lines: list[LogLine] = []
        self.failing = False  # whether users see it

    def gauge(self, name: str, t_s: float, value: float) -> None:
        self.samples.append(Sample(t_s, "shop", name, value, "gauge"))

    def counter(self, name: str, t_s: float, value: float) -> None:
        self.samples.append(Sample(t_s, "shop", name, value, "counter"))

    def say(self, t_s: float, level: str, text: str) -> None:
        self.lines.append(LogLine(t_s, "shop", level, text))

    def poisson(self, per_tick: float) -> int:
        left, count = math.exp(-per_tick), 0
        product = self.draw.random()
        while product > left:
            count, product = count + 1, product * self.draw.random()
        return count

    def ordinary(self) -> None:
        """What every service does besides: it takes requests, uses memory, and says so."""
        requests, busy = 0.0, 0.0
        for t_s in self.ticks:
            came = self.poisson(2.5)
            requests += came
            busy = 0.8 * busy + 0.2 * came + self.draw.gauss(0, 0.2)
            self.counter("requests_total", t_s, requests)
            self.gauge("threads_busy", t_s, busy)
            self.gauge("memory_bytes", t_s, 3e8 + 4e6 * self.draw.gauss(0, 1))
            for number in range(came):
                self.say(t_s + number * 0.01, "INFO", "request served in <*> ms")

    def heard(self) -> SignalLog:
        return SignalLog(
            started_s=0.0,
            ended_s=LASTS_S,
            samples=tuple(self.samples),
            log_lines=tuple(sorted(self.lines, key=lambda line: line.t_s)),
        )


def noisy_log(run: Clockwork, planted: bool) -> None:
    for t_s in run.ticks:
        often = 2.0 if planted and t_s >= PLANTED_S else 0.02
        for number in range(run.poisson(often * EVERY_S * 2)):
            run.say(t_s + number * 0.02, "WARN", "cache miss storm on <*>")


def new_template(run: Clockwork, planted: bool) -> None:
    if planted:
        run.say(PLANTED_S, "WARN", "falling back to the second replica")


def slow_gauge_drift(run: Clockwork, planted: bool) -> None:
    for t_s in run.ticks:
        leaked = 1.0 * max(0.0, t_s - PLANTED_S) if planted else 0.0
        run.gauge("queue_depth", t_s, 20 + run.draw.uniform(-1, 1) + leaked)


def quantile_drift(run: Clockwork, planted: bool) -> None:
    edges = [0.01 * 2 ** (index / 8) for index in range(60)]
    counts, total = [0.0] * len(edges), 0.0
    for t_s in run.ticks:
        slower = 3.0 if planted and t_s >= PLANTED_S else 1.0
        for _ in range(10):
            took_s = run.draw.lognormvariate(math.log(0.05 * slower), 0.3)
            total += 1
            for index, edge in enumerate(edges):
                counts[index] += took_s <= edge
        run.samples.append(
            Sample(t_s, "shop", "lookup_seconds", total, "histogram", tuple(zip(edges, counts, strict=True)))
        )


def counter_stall(run: Clockwork, planted: bool) -> None:
    swept = 0.0
    for t_s in run.ticks:
        swept += run.poisson(2.0) if not planted or t_s < PLANTED_S else 0
        run.counter("swept_total", t_s, swept)


def health_lying(run: Clockwork, planted: bool) -> None:
    run.failing = planted
    for t_s in run.ticks[::4]:
        run.gauge("health_up", t_s, 1.0)


def silence(run: Clockwork, planted: bool) -> None:
    for t_s in run.ticks[::2]:
        if not planted or t_s < PLANTED_S:
            run.say(t_s + run.draw.uniform(0, 0.1), "INFO", "reconciler: pass done")


def retry_storm(run: Clockwork, planted: bool) -> None:
    attempts = 0.0
    for t_s in run.ticks:
        each = 3 if planted and t_s >= PLANTED_S else 1
        attempts += sum(each for _ in range(2 + run.poisson(0.5)))
        run.counter("payment_attempts_total", t_s, attempts)


def metastable_queue(run: Clockwork, planted: bool) -> None:
    """A queue that is fuller from the fault on, and stays so: what waits is worked on after its callers have gone."""
    for t_s in run.ticks:
        waiting = 120.0 if planted and t_s >= PLANTED_S else 0.0
        run.gauge("jobs_waiting", t_s, waiting + run.poisson(5.0))


def pool_leak(run: Clockwork, planted: bool) -> None:
    """One connection is never given back every two seconds, of a pool of twenty."""
    for t_s in run.ticks:
        leaked = math.floor((t_s - PLANTED_S) / 2.0) + 1 if planted and t_s >= PLANTED_S else 0
        run.gauge("pool_in_use", t_s, float(min(20, leaked + (run.draw.random() < 0.3))))


# The service, what its earliest signal is called, and the true lead time of that signal.
CASES: dict[str, tuple[Service, str, float]] = {
    "noisy log": (noisy_log, 'shop log WARN "cache miss storm on <*>"', FAILS_S - PLANTED_S),
    "new template": (new_template, 'shop log WARN "falling back to the second replica"', FAILS_S - PLANTED_S),
    "slow gauge drift": (slow_gauge_drift, "shop metric queue_depth", FAILS_S - PLANTED_S),
    "quantile drift": (quantile_drift, "shop metric lookup_seconds p", FAILS_S - PLANTED_S),
    "counter stall": (counter_stall, "shop metric swept_total", FAILS_S - PLANTED_S),
    "silence": (silence, 'shop log INFO "reconciler: pass done"', FAILS_S - PLANTED_S),
    "retry storm": (retry_storm, "shop metric payment_attempts_total", FAILS_S - PLANTED_S),
    "metastable queue": (metastable_queue, "shop metric jobs_waiting", FAILS_S - PLANTED_S),
    "pool leak": (pool_leak, "shop metric pool_in_use", FAILS_S - PLANTED_S),
}


def listened(service: Service, *, planted: bool, seed: int) -> SignalLog:
    run = Clockwork(seed)
    run.ordinary()
    service(run, planted)
    return run.heard()


def baseline(service: Service) -> Baseline:
    learned = Baseline.learn([listened(service, planted=False, seed=seed) for seed in (1, 2, 3)])
    assert learned is not None
    return learned


def failed(count: int = 20) -> list[Outcome]:
    """Answers of 503, ten a second from when users see it."""
    return [
        Outcome(
            step=f"s{number}",
            session="c",
            route="POST /checkout",
            due_s=FAILS_S + number / 10,
            sent_s=FAILS_S + number / 10,
            ended_s=FAILS_S + number / 10,
            attempts=(Attempt(sent_s=FAILS_S, ended_s=FAILS_S, status=503),),
            answer=Answer(status=503),
            fate="unknown",
            recorded_status=201,
        )
        for number in range(count)
    ]


def judged(service: Service, *, planted: bool, seed: int = 11) -> LeadTime:
    learned = baseline(service)
    log = listened(service, planted=planted, seed=seed)
    return judge(log, log, failed(), replay_started_s=0.0, seen_in="a simulated run", baseline=learned)


@pytest.mark.parametrize("name", CASES)
def test_the_earliest_signal_is_named_and_its_lead_time_is_right(name: str) -> None:
    service, signal, lead_s = CASES[name]
    lead = judged(service, planted=True)
    assert lead.verdict == "WARNED"
    first = lead.moved[0]
    assert first.signal.startswith(signal)
    assert first.began_s is not None
    assert abs((FAILS_S - first.began_s) - lead_s) <= WITHIN_S, (first, lead_s)


@pytest.mark.parametrize("name", CASES)
def test_the_mended_twin_raises_no_alarm(name: str) -> None:
    service, _, _ = CASES[name]
    assert judged(service, planted=False).moved == ()


def test_health_that_lies_is_a_verdict_of_its_own() -> None:
    lead = judged(health_lying, planted=True)
    assert (lead.verdict, lead.moved) == ("LYING", ())
    assert lead.lying == ("shop's health said that it is up, 4 times of 4, while 20 answers failed within 1.9 s",)
    log = listened(health_lying, planted=False, seed=11)
    calm = judge(log, log, [], replay_started_s=0.0, seen_in="x", baseline=baseline(health_lying))
    assert (calm.verdict, calm.moved, calm.lying) == ("UNKNOWN", (), ())


# What the metastable queue and the retry storm look like to those who ask.


def answered(due_s: float, took_s: float) -> Outcome:
    return Outcome(
        step=f"{due_s}",
        session="c",
        route="GET /jobs",
        due_s=due_s,
        sent_s=due_s,
        ended_s=due_s + took_s,
        answer=Answer(status=200),
        fate="ok",
        recorded_status=200,
    )


def queued(*, given_up_work: bool) -> Sequence[Outcome]:
    """A server of 10 a second at a load of 8, that stands still from 20 s to 30 s. Callers wait for 2 s and ask again
    twice. Where it works on what nobody waits for any more, retries keep it busy; no load comes from 60 s to 140 s."""
    outcomes: list[Outcome] = []
    waiting: list[tuple[float, float, int]] = []  # (due, asked, attempt)
    for tick in range(1700):
        now_s = tick / 10
        if tick % 5 != 0 and not 60 <= now_s < 140:
            waiting.append((now_s, now_s, 1))
        if not 20 <= now_s < 30:
            while waiting:
                due_s, asked_s, attempt = waiting.pop(0)
                if now_s - asked_s <= 2:
                    outcomes.append(answered(due_s, now_s - due_s))
                    break
                if attempt < 3:
                    waiting.append((due_s, now_s, attempt + 1))
                else:
                    outcomes.append(answered(due_s, now_s - due_s + 10))
                if given_up_work:
                    break
    return [*outcomes, *(answered(due_s, 60.0) for due_s, _, _ in waiting)]


TIMES = Times(shaken_s=20.0, healed_s=30.0, held_s=60.0, kicked_s=140.0)
CALM = [answered(number / 8, 0.05) for number in range(400)]


def test_a_queue_of_work_that_nobody_waits_for_is_metastable() -> None:
    told = recovery(queued(given_up_work=True), (), TIMES, calm=CALM)
    assert told.verdict == "METASTABLE", told


def test_the_queue_that_drops_what_nobody_waits_for_recovers() -> None:
    told = recovery(queued(given_up_work=False), (), TIMES, calm=CALM)
    assert told.verdict == "RECOVERED", told


def charged(*, storm: bool) -> list[Call]:
    """Fifty payments, of which the links loses the answers to ten."""
    calls: list[Call] = []
    for number in range(50):
        attempts = (8 if storm else 2) if number < 10 else 1
        for attempt in range(attempts):
            began_s = number + (0.2 * attempt if storm else attempt * (0.3 + 0.02 * number))
            call = Call(link="payments", ordinal=len(calls) + 1, connection=1, protocol="http/1.1", method="POST",
                        path="/charges", started_s=began_s, ended_s=began_s + 0.2, step=f"s{number}",
                        digest=f"d{number}",
                        status=None if attempt < attempts - 1 else 201, ended="closed")  # fmt: skip
            calls.append(call if storm else msgspec.structs.replace(call, method="PUT"))
    return calls


def test_a_storm_of_retries_breaks_rules_that_its_mended_twin_keeps() -> None:
    (storm,) = retrying(charged(storm=True))
    assert storm.most_attempts == 8
    assert len(storm.broken) == 4
    (mended,) = retrying(charged(storm=False))
    assert mended.broken == ()
