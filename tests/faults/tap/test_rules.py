"""The counts of rules, and whom they take."""

from faults.drawing import drawn
from faults.tap import rules as rules_module
from faults.tap.rule import Rule
from faults.tap.rules import Rules


def a_rule(name: str = "f", **more) -> Rule:
    return Rule(**{"id": name, "lane": "127.0.0.1:1", "per": "request", "fraction": 0.5, "key": f"7/{name}", **more})


def asked(rules: Rules, trace: str | None = None, *, steerable: bool = True) -> str | None:
    rules.requests += 1
    traceparent = f"00-{trace}-b7ad6b7169203331-01".encode() if trace is not None else None
    taken = rules.request("GET", "/a", traceparent, steerable=steerable)
    return taken.id if taken is not None else None


def test_taking_one_rule_away_moves_no_other():
    alone, both = Rules(), Rules()
    alone.replace([a_rule("b")])
    both.replace([a_rule("a"), a_rule("b")])
    for number in range(50):
        trace = f"{number + 1:032x}"
        taken = asked(both, trace)
        assert asked(alone, trace) == ("b" if taken == "b" or (taken == "a" and drawn("7/b", trace, 1) < 0.5) else None)


def test_a_retry_of_a_trace_is_drawn_anew():
    rules = Rules()
    rules.replace([a_rule()])
    trace = "1" * 32
    assert [asked(rules, trace) == "f" for _ in range(20)] == [drawn("7/f", trace, k) < 0.5 for k in range(1, 21)]


def test_what_can_not_be_steered_is_eligible_and_counted():
    rules = Rules()
    rules.replace([a_rule(fraction=None, n=2)])
    assert [asked(rules), asked(rules, steerable=False), asked(rules)] == [None, None, None]
    (count,) = rules.counts()
    assert (count.offered, count.eligible, count.hits, count.unsteerable) == (3, 3, 0, 1)


def test_a_rule_is_offered_what_came_since_it_was_made():
    rules = Rules()
    asked(rules)
    rules.replace([a_rule(on=False)])
    asked(rules)
    (count,) = rules.counts()
    assert (count.offered, count.eligible) == (1, 0)
    assert not rules.on_requests


def test_traces_that_came_before_many_others_are_forgotten(monkeypatch):
    monkeypatch.setattr(rules_module, "KEPT_TRACES", 2)
    rules = Rules()
    rules.replace([a_rule(key="k")])
    hits = [asked(rules, trace) == "f" for trace in ("a" * 32, "b" * 32, "c" * 32, "a" * 32)]
    assert hits[3] == hits[0]  # met for the first time again
