import pytest

from faults.catalogue import KINDS, compile_fault
from faults.course import Down
from faults.fault import Fault, Window


def fault(kind: str, **args: object) -> Fault:
    return Fault(id="f1", link="payments", kind=kind, args=args, window=Window())


@pytest.mark.parametrize(
    ("kind", "args", "toxics"),
    [
        ("slow", {"latency_ms": 300}, [("latency", "downstream", {"latency": 300, "jitter": 0})]),
        ("slow", {"latency_ms": 300, "jitter_ms": 9}, [("latency", "downstream", {"latency": 300, "jitter": 9})]),
        ("stall", {}, [("timeout", "upstream", {"timeout": 0}), ("timeout", "downstream", {"timeout": 0})]),
        ("lost_reply", {}, [("timeout", "downstream", {"timeout": 0})]),
        ("cut_reply", {"after_bytes": 60}, [("limit_data", "downstream", {"bytes": 60})]),
        ("reset", {}, [("reset_peer", "downstream", {"timeout": 0})]),
        (
            "toxic",
            {"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 5}, "toxicity": 0.5},
            [("bandwidth", "upstream", {"rate": 5})],
        ),
    ],
)
def test_each_kind_becomes_its_toxics(kind, args, toxics):
    compiled = compile_fault(fault(kind, **args))
    assert [(toxic.type, toxic.stream, toxic.attributes) for toxic in compiled] == toxics


def test_down_is_no_toxic():
    assert compile_fault(fault("down")) == Down()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_tells_its_incident_and_its_examples_compile(kind):
    assert len(kind.story.splitlines()) >= 3 or kind.name == "toxic"
    assert kind.examples or kind.name == "toxic"
    for example in kind.examples:
        compile_fault(fault(kind.name, **example))


@pytest.mark.parametrize(
    ("kind", "args", "message"),
    [
        ("melt", {}, "fault 'f1': kind='melt': expected one of slow, stall, lost_reply, cut_reply, reset, down, toxic"),
        ("slow", {}, "fault 'f1': slow: latency_ms: expected a whole number from 1 to 86400000"),
        ("slow", {"latency_ms": 0}, "slow: latency_ms=0: expected a whole number from 1"),
        ("slow", {"latency_ms": "300ms"}, "latency_ms='300ms'"),
        ("slow", {"latency_ms": True}, "latency_ms=True"),
        ("slow", {"latency_ms": 5, "jitter": 1}, "jitter: expected latency_ms, jitter_ms"),
        ("cut_reply", {"after_bytes": -1}, "after_bytes=-1: expected a whole number from 0"),
        ("down", {"hard": 1}, "down: hard: expected no arguments"),
        ("toxic", {}, "toxic: type: expected the toxic's type"),
        ("toxic", {"type": "melt"}, "toxic: type='melt': expected one of latency"),
        ("toxic", {"type": "latency", "attributes": 5}, "attributes=5: expected names with whole numbers"),
        ("toxic", {"type": "latency", "attributes": {"latency": -5}}, "attributes.latency=-5"),
    ],
)
def test_what_cannot_be_says_which_fault_and_what_is_allowed(kind, args, message):
    with pytest.raises(ValueError, match=message):
        compile_fault(fault(kind, **args))


def test_names_of_toxics_never_meet_whatever_the_faults_are_called():
    ids = ["a", "a:up", "a/up", "a%3Aup", "a b"]
    names = [
        toxic.name
        for fault_id in ids
        for kind in ("stall", "lost_reply")
        for toxic in compile_fault(Fault(id=f"{kind}{fault_id}", link="l", kind=kind, window=Window()))
    ]
    assert len(set(names)) == len(names)
    assert not any("/" in name for name in names)
