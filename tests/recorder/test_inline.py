"""What stands before mitmproxy's layers: hooks at once, writes joined, and nobody left hanging."""

import logging
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

with warnings.catch_warnings():  # ldap3, which mitmproxy loads for its proxy authentication, uses old names of pyasn1
    warnings.simplefilter("ignore", DeprecationWarning)
    from mitmproxy.connection import Client, Server
    from mitmproxy.proxy import commands, events
    from mitmproxy.proxy.server_hooks import ClientConnectedHook

    from recorder.inline import _Inline

CLIENT = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0.0)
SERVER = Server(address=("127.0.0.1", 3))


class Layer:
    """Gives the commands of `script` for the first event, and those of `after` when its hook has run."""

    context = SimpleNamespace(client=CLIENT)

    def __init__(self, script: list[commands.Command], after: list[commands.Command] | None = None) -> None:
        self.script = script
        self.after = after or []

    def handle_event(self, event: events.Event) -> Iterator[commands.Command]:
        yield from self.after if isinstance(event, events.HookCompleted) else self.script


class Failing(Layer):
    def handle_event(self, event: events.Event) -> Iterator[commands.Command]:
        yield commands.SendData(CLIENT, b"half")
        raise ValueError("a secret of the traffic")


def inline(layer: Any, ran: list[str]) -> _Inline:
    hooks = SimpleNamespace(run=lambda hook: ran.append(hook.name))
    return _Inline(layer, SimpleNamespace(hooks=hooks, note_end=lambda _: None))  # type: ignore[arg-type]


def done(given: Any) -> list[Any]:
    return [(type(one).__name__, getattr(one, "data", None)) for one in given]


def test_what_goes_to_one_connection_in_a_row_is_one_write_and_order_stays() -> None:
    send, close = commands.SendData, commands.CloseConnection(SERVER)
    layer = Layer([send(CLIENT, b"a"), send(CLIENT, b"b"), send(SERVER, b"c"), close, send(CLIENT, b"d")])
    given = done(inline(layer, []).handle_event(events.Start()))
    assert given == [("SendData", b"ab"), ("SendData", b"c"), ("CloseConnection", None), ("SendData", b"d")]


def test_a_hook_has_run_before_the_layer_goes_on_and_is_nobody_elses_to_do() -> None:
    ran: list[str] = []
    layer = Layer([ClientConnectedHook(CLIENT)], after=[commands.SendData(CLIENT, b"then")])
    assert done(inline(layer, ran).handle_event(events.Start())) == [("SendData", b"then")]
    assert ran == ["client_connected"]


def test_a_connection_that_mitmproxy_fails_on_is_closed_and_the_log_quotes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stands = inline(Failing([]), [])
    with caplog.at_level(logging.ERROR):
        assert ("CloseConnection", None) in done(stands.handle_event(events.Start()))
    assert list(stands.handle_event(events.Start())) == []
    assert "ValueError in Failing.handle_event" in caplog.text
    assert "secret" not in caplog.text
