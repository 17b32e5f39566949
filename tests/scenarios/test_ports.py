import socket

import pytest

from foreshock.errors import HarnessError
from scenarios import ports


def test_ports_are_free_different_and_below_those_of_outgoing_connections() -> None:
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    assert max(found) < 32_768
    for port in found:
        socket.create_server(("127.0.0.1", port)).close()


def test_ports_that_somebody_listens_on_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = ports.free_ports(1)[0]
    monkeypatch.setattr(ports, "_LOWEST", taken)
    monkeypatch.setattr(ports, "_HIGHEST", taken)
    with (
        socket.create_server(("127.0.0.1", taken)),
        pytest.raises(HarnessError, match=f"found 0 of 1 free ports from {taken} to {taken}"),
    ):
        ports.free_ports(1)
