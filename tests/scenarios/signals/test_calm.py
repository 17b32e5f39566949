"""A hundred hours of calm on a simulated clock: how often signals move though nothing happened.

Half the metrics are the demo's own calm replays, resampled in blocks of neighbours, all of them together; the others
are noise of kinds that real metrics have: correlated, heavy of tail, bursting, mostly nothing. Scrapes come every 30 s.
"""

import json
import math
import random
from pathlib import Path

from recorder.listen.signal import LogLine, Sample
from scenarios.signals.baseline import Baseline
from scenarios.signals.signallog import SignalLog

EVERY_S = 30.0
RUN_S = 32 * 60.0
HOUR_S = 3600.0
SEED = 34
BLOCK = 8  # neighbours that are drawn together

GREW = json.loads(Path(__file__).with_name("shop_calm.json").read_text())["grew"]
RUNS = len(next(iter(GREW.values())))
STEPS = min(len(run) for runs in GREW.values() for run in runs)

# Template: how many a second, and how many at once.
LINES = {
    "beat": (0.2, 1),
    "order <*> paid": (0.5, 1),
    "retrying": (0.02, 4),
    "cache full": (0.003, 1),
    "gc": (0.0005, 1),
}


def calm_run(draw: random.Random) -> SignalLog:
    samples = [*resampled(draw), *noise(draw)]
    return SignalLog(started_s=0.0, ended_s=RUN_S, samples=tuple(samples), log_lines=tuple(lines(draw)))


def ticks() -> list[float]:
    return [index * EVERY_S for index in range(int(RUN_S / EVERY_S))]


def resampled(draw: random.Random) -> list[Sample]:
    sums = dict.fromkeys(GREW, 0.0)
    samples = []
    for index, t_s in enumerate(ticks()):
        if index % BLOCK == 0:
            run, step = draw.randrange(RUNS), draw.randrange(STEPS - BLOCK)
        for name, runs in GREW.items():
            grew = runs[run][step + index % BLOCK]
            sums[name] += grew if name.endswith("_total") else grew * draw.uniform(0.9, 1.1)
            samples.append(Sample(t_s, "shop", name, sums[name]))
    return samples


def noise(draw: random.Random) -> list[Sample]:
    near = far = draw.gauss(0, 1)
    total = 0.0
    samples = []
    for t_s in ticks():
        near = 0.9 * near + math.sqrt(1 - 0.9**2) * draw.gauss(0, 1)
        far = 0.97 * far + math.sqrt(1 - 0.97**2) * draw.gauss(0, 1)
        total += sum(draw.expovariate(1) for _ in range(3)) * (10 if draw.random() < 0.03 else 1)
        levels = {
            "even": 50 + 5 * draw.gauss(0, 1),
            "correlated": 20 + 3 * near,
            "slow_and_skewed": 100 * math.exp(0.3 * far),
            "heavy": 10 + draw.random() ** -0.33 * draw.choice((1, 1, -1)),
            "mostly_nothing": float(draw.random() < 0.1) * draw.randint(1, 4),
            "bursts_total": total,
        }
        samples += [Sample(t_s, "other", name, value) for name, value in levels.items()]
    return samples


def lines(draw: random.Random) -> list[LogLine]:
    said = []
    for template, (per_s, at_once) in LINES.items():
        t_s = draw.expovariate(per_s / at_once)
        while t_s < RUN_S:
            many = draw.randint(1, 2 * at_once - 1)
            said += [LogLine(min(t_s + 0.1 * number, RUN_S), "shop", "INFO", template) for number in range(many)]
            t_s += draw.expovariate(per_s / at_once)
    if draw.random() < 0.2 * RUN_S / HOUR_S:  # a kind of line that comes once and never again
        word = "".join(draw.choice("abcdefghij") for _ in range(12))
        said.append(LogLine(draw.uniform(0, RUN_S), "shop", "INFO", f"thing {word}"))
    return sorted(said, key=lambda line: line.t_s)


def learned(draw: random.Random, hours: float, false_moves_per_h: float = 1.0) -> Baseline:
    runs = [calm_run(draw) for _ in range(round(hours * HOUR_S / RUN_S))]
    baseline = Baseline.learn(runs, false_moves_per_h=false_moves_per_h)
    assert baseline is not None
    return baseline


def false_moves(baseline: Baseline, draw: random.Random, hours: float) -> int:
    return sum(len(baseline.moves(calm_run(draw))) for _ in range(round(hours * HOUR_S / RUN_S)))


def test_a_hundred_hours_of_calm_move_about_once_an_hour_as_was_chosen() -> None:
    """Of fourteen such hundreds, by hand: 1259 moves in 1400 hours. Eight hours of calm know what comes once
    an hour only so well, so that one seed's hundred lies between 60 and 153; this seed's is a usual one.
    """
    draw = random.Random(SEED)
    moves = 0
    for _ in range(5):
        baseline = learned(draw, hours=8)
        assert baseline.promise.kept
        moves += false_moves(baseline, draw, hours=20)
    assert 81 <= moves <= 120  # 95 % of what comes a hundred times on average


def test_calm_that_is_too_short_says_so_and_moves_falsely_no_more_than_once_in_its_time() -> None:
    draw = random.Random(21)
    moves = 0
    for _ in range(4):
        baseline = learned(draw, hours=2.2, false_moves_per_h=0.2)
        assert not baseline.promise.kept
        assert "too short to promise at most 0.2 false moves an hour" in baseline.promise.sentence
        moves += false_moves(baseline, draw, hours=5)
    assert moves <= 15  # 95 % of what comes 20 / 2.2 times on average


def test_calm_of_a_moment_teaches_nothing() -> None:
    assert Baseline.learn([calm_run(random.Random(1))] * 3) is None
