import pytest

from faults.toxic import Toxic


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "melt"}, "type='melt': expected one of latency, bandwidth"),
        ({"type": ["latency"]}, "expected one of latency"),
        ({"stream": "sideways"}, "stream='sideways': expected 'upstream' or 'downstream'"),
        ({"toxicity": 1.5}, "toxicity=1.5: expected a number from 0 to 1"),
        ({"toxicity": True}, "toxicity=True"),
        ({"name": "a/b"}, "without '/'"),
        ({"name": ""}, "expected a toxic's name"),
        ({"attributes": {"latency": -1}}, "attributes.latency=-1: expected a whole number from 0 to 86400000"),
        ({"attributes": {"latency": 1.5}}, "attributes.latency=1.5"),
        ({"attributes": {"latency": 1 << 62}}, "expected a whole number"),
        ({"attributes": {"delay": 1}}, "attributes.delay: latency takes latency, jitter"),
        ({"type": "bandwidth", "attributes": {"rate": -1}}, "attributes.rate=-1"),
        ({"type": "slicer"}, "size_variation: expected less than average_size"),
        ({"type": "slicer", "attributes": {"average_size": 10, "size_variation": 50}}, "less than average_size"),
        ({"type": "noop", "attributes": {"x": 1}}, "noop takes no attributes"),
    ],
)
def test_what_would_hang_or_kill_a_server_never_becomes_a_toxic(wrong, message):
    with pytest.raises(ValueError, match=message):
        Toxic(**{"name": "t", "type": "latency", **wrong})


def test_a_toxic_says_what_it_is():
    toxic = Toxic(name="t", type="latency", attributes={"latency": 5})
    assert (toxic.stream, toxic.toxicity) == ("downstream", 1.0)
