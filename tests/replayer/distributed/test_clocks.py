"""Two clocks are told apart as well as the network allows, and the error that may be left is said."""

import random

from replayer.distributed.clocks import Echo, offset


def test_the_fastest_answer_says_the_offset():
    slow, fast = Echo(10.0, 115.0, 11.0), Echo(20.0, 120.001, 20.002)
    found = offset([slow, fast])
    assert abs(found.seconds - 100.0) < 1e-9
    assert abs(found.within_s - 0.001) < 1e-9


def test_the_truth_is_within_what_is_said_however_the_ways_differ():
    rng = random.Random(1)
    for _ in range(200):
        true_s = rng.uniform(-1e6, 1e6)
        echoes = []
        for number in range(5):
            out_s, back_s = rng.expovariate(100), rng.expovariate(100)
            echoes.append(Echo(number, number + out_s + true_s, number + out_s + back_s))
        found = offset(echoes)
        assert abs(found.seconds - true_s) <= found.within_s + 1e-6


def test_an_instant_goes_there_and_back():
    found = offset([Echo(1.0, 500.0, 1.2)])
    assert abs(found.ours(found.theirs(7.5)) - 7.5) < 1e-9
