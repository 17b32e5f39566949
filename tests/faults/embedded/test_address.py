"""Addresses that nobody can have, and those that take long to find."""

import asyncio
import socket

import pytest

from faults.embedded import address
from faults.embedded.address import AddressError, Port

NOBODY = ["x" * 64, "a..b", "\x00", "\udc80", "ü" * 70]


@pytest.mark.parametrize("host", NOBODY)
def test_a_host_that_can_be_nobodys_is_not_found(host):
    with pytest.raises(AddressError, match=r"^listen tcp: lookup .*: no such host$"):
        asyncio.run(Port.bind(f"{host}:0"))


def test_a_host_that_takes_too_long_to_find_is_given_up(monkeypatch):
    monkeypatch.setattr(address, "LOOKUP_S", 0.01)

    async def bind() -> None:
        async def never(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
        await Port.bind("somewhere:0")

    with pytest.raises(AddressError, match=r"^listen tcp: lookup somewhere: i/o timeout$"):
        asyncio.run(bind())


@pytest.mark.parametrize("engine", ["embedded"])
@pytest.mark.parametrize("host", ["x" * 64, "a..b", "\\u0000"])
def test_an_upstream_that_can_be_nobodys_ends_its_clients_and_nothing_else(call, host):
    made = call("POST", "/proxies", f'{{"name":"a","upstream":"{host}:80"}}').json()
    address_, _, port = made["listen"].rpartition(":")
    with socket.create_connection((address_, int(port)), timeout=5) as client:
        assert client.recv(1) == b""
    assert call("GET", "/connections?proxy=a").json()["connections"][0]["ended"] == "upstream unreachable"
