"""How the end of a connection passes each toxic: the same on both engines."""

import time

import pytest

NEVER = ("nothing", b"")


@pytest.mark.parametrize(
    ("kind", "attributes", "said", "heard", "least_s"),
    [
        ("latency", {"latency": 60}, b"bye", ("FIN", b"bye"), 0.059),
        ("bandwidth", {"rate": 0}, b"", ("FIN", b""), 0),
        ("bandwidth", {"rate": 0}, b"bye", NEVER, 0),
        ("bandwidth", {"rate": 1}, b"x" * 60, ("FIN", b"x" * 60), 0.059),
        ("slicer", {"average_size": 10, "delay": 60_000}, b"", ("FIN", b""), 0),
        ("slicer", {"average_size": 10, "delay": 60_000}, b"bye", ("FIN", b"bye"), 0.059),
        ("timeout", {"timeout": 0}, b"", ("FIN", b""), 0),
        ("timeout", {"timeout": 5000}, b"bye", ("FIN", b""), 0),
        ("reset_peer", {"timeout": 60}, b"", ("RST", b""), 0.059),
        ("reset_peer", {"timeout": 60}, b"bye", ("RST", b""), 0.059),
        ("limit_data", {"bytes": 5}, b"", ("FIN", b""), 0),
        ("limit_data", {"bytes": 5}, b"bye", ("FIN", b"bye"), 0),
        ("noop", {}, b"bye", ("FIN", b"bye"), 0),
    ],
)
def test_the_end_comes_after_what_was_said_and_when_the_toxic_lets_it(
    hop, how_it_ends, kind, attributes, said, heard, least_s
):
    async def say_and_close(reader, writer) -> None:
        writer.write(said)
        writer.close()

    async def check(hop):
        hop.add(kind, **attributes)
        started_s = time.monotonic()
        client = await hop.client(joined=False)
        if heard == NEVER:
            assert await client.silent_for(0.15)
            return
        assert await how_it_ends(client) == heard
        assert least_s <= time.monotonic() - started_s < 4

    hop(check, say_and_close)
