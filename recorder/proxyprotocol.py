"""The PROXY protocol, by which load balancers say whose connection it is (haproxy.org: proxy-protocol.txt)."""

import asyncio
import ipaddress
from typing import NamedTuple

_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_HEAD_BYTES = 16
_V1_BYTES = 107  # at most


class ProxyHead(NamedTuple):
    """`raw` as it came, to be passed on; `client` is (host, port), None where the balancer speaks for itself."""

    raw: bytes
    client: tuple[str, int] | None


class NoProxyHead(Exception):
    """The connection does not begin with one."""


async def read_proxy_head(reader: asyncio.StreamReader) -> ProxyHead:
    """The head of a connection; what comes after it is left. NoProxyHead, IncompleteReadError, OSError."""
    first = await reader.readexactly(1)
    if first != _V2[:1]:
        return await _v1(first, reader)
    head = first + await reader.readexactly(_V2_HEAD_BYTES - 1)
    if not head.startswith(_V2) or head[12] >> 4 != 2:
        raise NoProxyHead
    addresses = await reader.readexactly(int.from_bytes(head[14:16], "big"))
    return ProxyHead(head + addresses, _v2_client(head[12] & 15, head[13] >> 4, addresses))


async def _v1(first: bytes, reader: asyncio.StreamReader) -> ProxyHead:
    line = first
    while not line.endswith(b"\r\n"):
        if len(line) >= _V1_BYTES or not b"PROXY ".startswith(line[:6]):
            raise NoProxyHead
        line += await reader.readexactly(1)
    parts = line.decode("latin-1").split()
    if len(parts) == 6 and parts[1] in ("TCP4", "TCP6") and parts[4].isdigit():
        return ProxyHead(line, (parts[2], int(parts[4])))
    if parts[1:2] == ["UNKNOWN"]:
        return ProxyHead(line, None)
    raise NoProxyHead


def _v2_client(command: int, family: int, addresses: bytes) -> tuple[str, int] | None:
    """Command 0 is the balancer's own health check; families but IPv4 and IPv6 have no address for us."""
    width = {1: 4, 2: 16}.get(family, 0)
    if command != 1 or not width or len(addresses) < 2 * width + 4:
        return None
    host = ipaddress.ip_address(addresses[:width])
    return str(host), int.from_bytes(addresses[2 * width : 2 * width + 2], "big")
