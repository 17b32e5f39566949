"""What goes through without being recorded, and is counted by host: TLS that does not bear us, and what is not HTTP.

A client that refuses our certificate (it pins its own, or does not know our CA) loses one connection; its next ones to
that host are let through as they are, still encrypted. The same where the upstream's certificate does not hold, if it
was the client who chose the upstream: it shall judge for itself.
"""

from collections.abc import Callable

from mitmproxy import tls
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.tcp import TCPFlow

from recorder.forgetting import forget_oldest

TLS_PASSED = "TLS passed through"
CLIENT_FAILED = "TLS failed with the client"
UPSTREAM_FAILED = "TLS failed with the upstream"
NOT_HTTP = "not HTTP, passed through"

_REMEMBERED = 10_000


class Passing:
    """`note` is told of each connection that went through: what it was, and to which host.

    Without `serves_tls` all TLS goes through, as an upstream would get it without us. Without `lets_pass` it only
    watches: what goes through is another's to say.
    """

    def __init__(self, note: Callable[[str, str], None], *, serves_tls: bool = True, lets_pass: bool = True) -> None:
        self._note = note
        self._serves_tls = serves_tls
        self._lets_pass = lets_pass
        self._refused: dict[tuple[str, str], None] = {}  # (client address, host); the oldest are forgotten

    def tls_clienthello(self, hello: tls.ClientHelloData) -> None:
        context = hello.context
        host = hello.client_hello.sni or _host(context)
        refused = self._lets_pass and (_address(context), host) in self._refused and _can_pass(context)
        if refused or not self._serves_tls:
            hello.ignore_connection = True
        if hello.ignore_connection:
            self._note(TLS_PASSED, host)

    def tls_failed_client(self, failed: tls.TlsData) -> None:
        host = failed.conn.sni or _host(failed.context)
        self._note(CLIENT_FAILED, host)
        self._refuse(_address(failed.context), host)

    def tls_failed_server(self, failed: tls.TlsData) -> None:
        host = failed.conn.sni or _host(failed.context)
        self._note(UPSTREAM_FAILED, host)
        if not isinstance(failed.context.client.proxy_mode, ReverseMode):
            self._refuse(_address(failed.context), host)

    def tcp_start(self, flow: TCPFlow) -> None:
        address = flow.server_conn.address
        self._note(NOT_HTTP, address[0] if address else "?")

    def _refuse(self, address: str, host: str) -> None:
        self._refused[address, host] = None
        forget_oldest(self._refused, _REMEMBERED)


def _can_pass(context: Context) -> bool:
    """Not to an upstream that speaks no TLS: there would be nobody to understand it."""
    mode = context.client.proxy_mode
    return not isinstance(mode, ReverseMode) or mode.scheme == "https"


def _host(context: Context) -> str:
    return context.server.address[0] if context.server.address else "?"


def _address(context: Context) -> str:
    return context.client.peername[0] if context.client.peername else ""
