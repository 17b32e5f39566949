"""What goes through without being recorded, and is counted by host: TLS that does not bear us, and what is not HTTP.

A client that refuses our certificate (it pins its own, or does not know our CA) loses one connection; its next ones to
that host are let through as they are, still encrypted. The same where the upstream's certificate does not hold, if it
was the client who chose the upstream: it shall judge for itself.
"""

from collections import Counter
from collections.abc import Mapping

from mitmproxy import tls
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.tcp import TCPFlow

_REMEMBERED = 10_000


class Passing:
    """`by_host` counts connections that went through, by what they were and to where.

    Without `serves_tls` all TLS goes through, as an upstream would get it without us.
    """

    def __init__(self, *, serves_tls: bool) -> None:
        self._serves_tls = serves_tls
        self._counts: Counter[str] = Counter()
        self._refused: dict[tuple[str, str], None] = {}  # (client address, host); the oldest are forgotten

    @property
    def by_host(self) -> Mapping[str, int]:
        """'shop.example: TLS passed through' -> connections."""
        return dict(self._counts)

    def tls_clienthello(self, hello: tls.ClientHelloData) -> None:
        context = hello.context
        host = hello.client_hello.sni or _host(context)
        refused = (_address(context), host) in self._refused and _can_pass(context)
        if refused or not self._serves_tls:
            hello.ignore_connection = True
            self._counts[f"{host}: TLS passed through"] += 1

    def tls_failed_client(self, failed: tls.TlsData) -> None:
        host = failed.conn.sni or _host(failed.context)
        self._counts[f"{host}: TLS failed with the client"] += 1
        self._refuse(_address(failed.context), host)

    def tls_failed_server(self, failed: tls.TlsData) -> None:
        host = failed.conn.sni or _host(failed.context)
        self._counts[f"{host}: TLS failed with the upstream"] += 1
        if not isinstance(failed.context.client.proxy_mode, ReverseMode):
            self._refuse(_address(failed.context), host)

    def tcp_start(self, flow: TCPFlow) -> None:
        address = flow.server_conn.address
        self._counts[f"{address[0] if address else '?'}: not HTTP, passed through"] += 1

    def _refuse(self, address: str, host: str) -> None:
        self._refused[address, host] = None
        if len(self._refused) > _REMEMBERED:
            self._refused.pop(next(iter(self._refused)))


def _can_pass(context: Context) -> bool:
    """Not to an upstream that speaks no TLS: there would be nobody to understand it."""
    mode = context.client.proxy_mode
    return not isinstance(mode, ReverseMode) or mode.scheme == "https"


def _host(context: Context) -> str:
    return context.server.address[0] if context.server.address else "?"


def _address(context: Context) -> str:
    return context.client.peername[0] if context.client.peername else ""
