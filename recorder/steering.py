"""Where each request goes, and in which HTTP: upstreams by path, the Host header, and the client's own protocol.

The system must see each request as its client sent it. To `http` upstreams the Host header goes as it came; to `https`
ones it becomes the upstream's own name, for certificate and virtual host hang on it. A client of HTTP/2 is served over
HTTP/2 if the upstream speaks it, with TLS or, by prior knowledge, without.
"""

from collections.abc import Collection

from mitmproxy import tls
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from recorder.upstreams import Upstreams

_PREFACE = b"PRI * HTTP/2.0\r\n"  # RFC 9113, 3.4


class Steering:
    """To stand after the recorder, which takes headers as they came, and before TlsConfig.

    `steered` are the modes in which the path decides over the upstream; in the others the listen address does.
    """

    def __init__(self, upstreams: Upstreams | None, *, steered: Collection[str]) -> None:
        self._upstreams = upstreams
        self._steered = steered

    def next_layer(self, next_layer: NextLayer) -> None:
        """Before mitmproxy's own choice, which does not know HTTP/2 without TLS."""
        client = next_layer.context.client
        if not client.tls and client.alpn is None and next_layer.data_client().startswith(_PREFACE):  # type: ignore[no-untyped-call]
            client.alpn = b"h2"

    def requestheaders(self, flow: HTTPFlow) -> None:
        mode = flow.client_conn.proxy_mode
        if not isinstance(mode, ReverseMode):
            return
        request = flow.request
        if self._upstreams is not None and mode.full_spec in self._steered:
            upstream = self._upstreams.of(request.path)
            request.data.scheme = upstream.scheme.encode()
            request.data.host, request.data.port = upstream.host, upstream.port
        if request.scheme == "https":
            request.host_header = _authority(request.data.host, request.data.port)

    def tls_start_server(self, tls_start: tls.TlsData) -> None:
        """The upstream is offered what the client speaks."""
        server = tls_start.conn
        if not server.alpn_offers:
            server.alpn_offers = (b"h2", b"http/1.1") if tls_start.context.client.alpn == b"h2" else (b"http/1.1",)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        client, server = data.client, data.server
        if client.alpn == b"h2" and not client.tls and not server.tls and isinstance(client.proxy_mode, ReverseMode):
            server.alpn = b"h2"  # who speaks it without TLS knows that the other side does


def _authority(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == 443 else f"{shown}:{port}"
